//! Who wrote a file: enough to tell whether that process still runs, even when
//! its pid has been given to another.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// Bytes of the stored form.
pub(crate) const ORIGIN_LEN: usize = 56;

/// Whether the process that wrote a file can still write to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterState {
    /// It runs.
    Running,
    /// It has ended, or the machine was restarted.
    Gone,
    /// It belongs to another pid namespace, which cannot be looked into.
    Unknown,
}

/// A process, told apart from every other one on this machine for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Origin {
    pub(crate) boot_id: [u8; 16],
    pub(crate) pid: u32,
    /// Field 22 of `/proc/PID/stat`: clock ticks between boot and its start.
    pub(crate) start_ticks: u64,
    /// Random, so that two recorders in one process differ too.
    pub(crate) nonce: u64,
    /// Inode of its pid namespace.
    pub(crate) pid_namespace: u64,
}

impl Origin {
    /// This process, with a fresh nonce.
    pub(crate) fn this_process() -> Self {
        Self {
            boot_id: boot_id(),
            pid: std::process::id(),
            start_ticks: start_ticks("self").unwrap_or_default(),
            nonce: noise(),
            pid_namespace: pid_namespace(),
        }
    }

    pub(crate) fn state(&self) -> WriterState {
        if self.boot_id != boot_id() {
            return WriterState::Gone;
        }
        if self.pid_namespace != pid_namespace() {
            return WriterState::Unknown;
        }
        match start_ticks(&self.pid.to_string()) {
            Some(ticks) if ticks == self.start_ticks => WriterState::Running,
            _ => WriterState::Gone,
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; ORIGIN_LEN] {
        let mut out = [0; ORIGIN_LEN];
        out[..16].copy_from_slice(&self.boot_id);
        out[16..20].copy_from_slice(&self.pid.to_le_bytes());
        out[24..32].copy_from_slice(&self.start_ticks.to_le_bytes());
        out[32..40].copy_from_slice(&self.nonce.to_le_bytes());
        out[40..48].copy_from_slice(&self.pid_namespace.to_le_bytes());
        out
    }

    pub(crate) fn from_bytes(bytes: &[u8; ORIGIN_LEN]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let mut boot_id = [0; 16];
        boot_id.copy_from_slice(&bytes[..16]);
        Self {
            boot_id,
            pid: (word(16) & u64::from(u32::MAX)) as u32,
            start_ticks: word(24),
            nonce: word(32),
            pid_namespace: word(40),
        }
    }
}

/// The kernel's id of this boot as bytes; zero where there is none, which makes
/// every boot look the same and falls back on pid and start time.
pub(crate) fn boot_id() -> [u8; 16] {
    let mut out = [0; 16];
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let mut digits = text.bytes().filter_map(|b| char::from(b).to_digit(16));
    for byte in &mut out {
        let (Some(high), Some(low)) = (digits.next(), digits.next()) else { break };
        *byte = (high << 4 | low) as u8;
    }
    out
}

/// The start time of a process. The name in parentheses may hold anything, so
/// counting starts after the last `)`. A zombie has ended: it writes no more.
pub(crate) fn start_ticks(pid: &str) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

pub(crate) fn pid_namespace() -> u64 {
    fs::metadata("/proc/self/ns/pid").map(|found| found.ino()).unwrap_or_default()
}

/// Random bits from the kernel; if it has none, the clock's low bits, which
/// still tell files apart.
pub(crate) fn noise() -> u64 {
    let mut out = [0u8; 8];
    // SAFETY: the pointer and length name `out`, which outlives the call.
    let got = unsafe { libc::getrandom(out.as_mut_ptr().cast(), out.len(), libc::GRND_NONBLOCK) };
    if got == out.len() as isize {
        return u64::from_le_bytes(out);
    }
    unix_ns().rotate_left(29) ^ u64::from(std::process::id())
}

/// The time of day in Unix nanoseconds.
pub(crate) fn unix_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    (now.tv_sec.max(0) as u64) * 1_000_000_000 + now.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_a_reused_pid_does_not() {
        let me = Origin::this_process();
        assert_eq!(me.state(), WriterState::Running);
        assert_eq!(Origin::from_bytes(&me.to_bytes()), me);
        let reused = Origin { start_ticks: me.start_ticks + 1, ..me };
        assert_eq!(reused.state(), WriterState::Gone);
        let last_boot = Origin { boot_id: [1; 16], ..me };
        assert_eq!(last_boot.state(), WriterState::Gone);
        let container = Origin { pid_namespace: 1, ..me };
        assert_eq!(container.state(), WriterState::Unknown);
    }
}
