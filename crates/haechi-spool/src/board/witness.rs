use super::end::{self, End};
use super::layout as at;
use super::retire;
use super::snapshot::{BoardSnapshot, check_header, open, read};
use crate::SpoolError;
use crate::origin::{ORIGIN_LEN, Origin, WriterState, start_ticks, unix_ns};
use crate::read::SpoolDir;
use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

/// How often new scoreboards are looked for.
const LIST_EVERY: Duration = Duration::from_secs(1);
/// Processes that are waited for by a file descriptor; more are looked at in
/// `/proc` whenever scoreboards are listed.
const DESCRIPTORS_MAX: usize = 128;

/// Notices that the processes of scoreboards end. For the one collector.
#[derive(Debug)]
pub struct Witness {
    dir: SpoolDir,
    known: BTreeMap<String, Process>,
    listed: Option<Instant>,
    /// What the kernel has killed for want of memory, as of the last listing.
    out_of_memory: Option<u64>,
}

/// Held while ends are told: nobody merges scoreboards meanwhile.
#[derive(Debug)]
pub struct BoardsHeld {
    _lock: OwnedFd,
}

/// A process that ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its scoreboard's file.
    pub name: String,
    /// The process.
    pub pid: u32,
    /// Its parent as long as it was seen running; 0 if it never was.
    pub parent: u32,
    /// Inode of its pid namespace.
    pub pid_namespace: u64,
    /// Since when it is known to have ended.
    pub since: Instant,
    /// When it was noticed, Unix nanoseconds, if it had been seen running: it
    /// ended just before.
    pub noticed_unix_ns: Option<u64>,
    /// Its wait status, if its parent left it unread long enough.
    pub status: Option<i32>,
    /// Whether the kernel was killing for want of memory when it ended.
    pub out_of_memory: bool,
    marker: String,
}

#[derive(Debug)]
enum Process {
    Running(Running),
    /// In another pid namespace: whether it runs cannot be seen from here.
    Unseen,
    Gone(Ended),
    /// Nothing is to be told of it (any more).
    Settled,
}

#[derive(Debug)]
struct Running {
    origin: Origin,
    parent: u32,
    descriptor: Option<OwnedFd>,
}

impl Witness {
    /// For the scoreboards of a spool.
    #[must_use]
    pub fn new(spool: &SpoolDir) -> Self {
        Self { dir: spool.clone(), known: BTreeMap::new(), listed: None, out_of_memory: None }
    }

    /// Processes that ended and are not [settled](Self::settle), by age of
    /// their scoreboards. `now` lists scoreboards whether it is time or not.
    pub fn look(&mut self, now: bool) -> Vec<Ended> {
        let is_due = self.listed.is_none_or(|listed| listed.elapsed() >= LIST_EVERY);
        let mut ended = self.ended_of_waited_for();
        if is_due || now {
            self.list();
            ended.extend(self.ended_of_others());
        }
        if !ended.is_empty() {
            self.note(ended);
        }
        if is_due || now {
            self.listed = Some(Instant::now());
            let running = self.known.values().any(|known| matches!(known, Process::Running(_)));
            self.out_of_memory = if running { kills_for_memory() } else { None };
        }
        let gone = self.known.values().filter_map(|known| match known {
            Process::Gone(ended) => Some(ended.clone()),
            _ => None,
        });
        gone.collect()
    }

    /// Nothing more is to be told of this one.
    pub fn settle(&mut self, name: &str) {
        if let Some(known) = self.known.get_mut(name) {
            *known = Process::Settled;
        }
    }

    /// Keeps programs from merging scoreboards; `None` if one is at it.
    #[must_use]
    pub fn hold(&self) -> Option<BoardsHeld> {
        retire::lock(&self.dir).ok().map(|lock| BoardsHeld { _lock: lock })
    }

    /// Reads the scoreboard of one that ended.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if it cannot be read.
    pub fn board(&self, ended: &Ended) -> Result<BoardSnapshot, SpoolError> {
        read(self.dir.path(), &ended.name)
    }

    /// Decides how a process ended, for ever.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if it cannot be written.
    pub fn decide(&self, _: &BoardsHeld, ended: &Ended, end: &End) -> Result<(), SpoolError> {
        end.write(&self.dir.path().join(&ended.name))
    }

    /// Says that all of a process's requests are stored: those at `places` anew,
    /// and in all as this many `records`.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if it cannot be written.
    pub fn told(
        &mut self,
        _: &BoardsHeld,
        ended: &Ended,
        places: &[u16],
        records: u64,
    ) -> Result<(), SpoolError> {
        end::write_told(&self.dir.path().join(&ended.name), places, records)?;
        self.settle(&ended.name);
        Ok(())
    }

    /// Takes notice of scoreboards that appeared or went away.
    fn list(&mut self) {
        let names = retire::board_names(&self.dir);
        self.known.retain(|name, _| names.binary_search(name).is_ok());
        for name in names {
            if !matches!(self.known.get(&name), None | Some(Process::Unseen)) {
                continue;
            }
            let descriptors = self.known.values().filter(|known| is_waited_for(known)).count();
            // one that cannot be read is set aside by somebody else
            let Some(origin) = origin_of(&self.dir, &name) else { continue };
            let process = meet(&name, origin, descriptors < DESCRIPTORS_MAX);
            self.known.insert(name, process);
        }
    }

    /// Asks the kernel once about all that are waited for.
    fn ended_of_waited_for(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut polled = Vec::new();
        for (name, known) in &self.known {
            if let Process::Running(Running { descriptor: Some(descriptor), .. }) = known {
                names.push(name);
                let fd = descriptor.as_raw_fd();
                polled.push(libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
            }
        }
        if polled.is_empty() {
            return Vec::new();
        }
        // SAFETY: pointer and length name `polled`, which outlives the call; the
        // descriptors are open; with a timeout of 0 the call does not wait.
        let ready = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, 0) };
        if ready <= 0 {
            return Vec::new();
        }
        let ended = names.iter().zip(&polled).filter(|(_, polled)| polled.revents != 0);
        ended.map(|(name, _)| (*name).clone()).collect()
    }

    fn ended_of_others(&self) -> Vec<String> {
        let ended = self.known.iter().filter(|(_, known)| {
            matches!(known, Process::Running(running) if running.descriptor.is_none()
                && running.origin.state() == WriterState::Gone)
        });
        ended.map(|(name, _)| name.clone()).collect()
    }

    fn note(&mut self, names: Vec<String>) {
        let before = self.out_of_memory;
        let out_of_memory = before.is_some() && kills_for_memory() > before;
        for name in names {
            let Some(Process::Running(running)) = self.known.get(&name) else { continue };
            let status = unread_status(&running.origin);
            let gone = Ended {
                parent: running.parent,
                noticed_unix_ns: Some(unix_ns()),
                status,
                out_of_memory,
                ..Ended::found(&name, running.origin)
            };
            self.known.insert(name, Process::Gone(gone));
        }
    }
}

impl Ended {
    fn found(name: &str, origin: Origin) -> Self {
        Self {
            name: name.to_owned(),
            pid: origin.pid,
            parent: 0,
            pid_namespace: origin.pid_namespace,
            since: Instant::now(),
            noticed_unix_ns: None,
            status: None,
            out_of_memory: false,
            marker: format!("-{:016x}-", origin.nonce),
        }
    }

    /// Whether it wrote the segment of this name.
    #[must_use]
    pub fn wrote(&self, segment: &str) -> bool {
        segment.contains(&self.marker)
    }
}

const fn is_waited_for(known: &Process) -> bool {
    matches!(known, Process::Running(Running { descriptor: Some(_), .. }))
}

fn origin_of(dir: &SpoolDir, name: &str) -> Option<Origin> {
    let path = dir.path().join(name);
    let mut header = [0; at::HEADER_LEN];
    open(&path).ok()?.read_exact_at(&mut header, 0).ok()?;
    check_header(&path, &header).ok()?;
    let origin: &[u8; ORIGIN_LEN] = header[16..].first_chunk()?;
    Some(Origin::from_bytes(origin))
}

/// A scoreboard that was not known before. The descriptor is opened first: what
/// runs afterwards is the process it stands for.
fn meet(name: &str, origin: Origin, may_wait: bool) -> Process {
    let pid = i32::try_from(origin.pid).ok().and_then(rustix::process::Pid::from_raw);
    let flags = rustix::process::PidfdFlags::empty();
    let open = |pid| rustix::process::pidfd_open(pid, flags).ok();
    let descriptor = pid.filter(|_| may_wait).and_then(open);
    match origin.state() {
        WriterState::Gone => {
            Process::Gone(Ended { status: unread_status(&origin), ..Ended::found(name, origin) })
        }
        WriterState::Unknown => Process::Unseen,
        WriterState::Running => {
            let parent = stat_field(origin.pid, PARENT).and_then(|pid| pid.parse().ok());
            Process::Running(Running { origin, parent: parent.unwrap_or(0), descriptor })
        }
    }
}

/// Fields of `/proc/PID/stat` after the name.
const STATE: usize = 0;
const PARENT: usize = 1;
const START: usize = 19;
const STATUS: usize = 49;

fn stat_field(pid: u32, field: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(field).map(str::to_owned)
}

/// The wait status of a process whose parent has not asked for it yet. Zero may
/// also mean that we may not know.
fn unread_status(origin: &Origin) -> Option<i32> {
    if start_ticks(&origin.pid.to_string()).is_some() {
        return None;
    }
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", origin.pid)).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let is_it =
        *fields.get(STATE)? == "Z" && fields.get(START)?.parse::<u64>().ok()? == origin.start_ticks;
    let status = fields.get(STATUS)?.parse().ok().filter(|status| *status != 0);
    status.filter(|_| is_it)
}

/// How often the kernel has killed for want of memory since it started.
fn kills_for_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/vmstat").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{Entered, snapshots};
    use crate::write::{Spool, SpoolConfig};
    use haechi_event::RequestId;
    use std::path::Path;

    fn enter(dir: &Path, id: u64) {
        let entered = Entered {
            id: RequestId::from_u64(id),
            start_unix_ns: unix_ns(),
            app: "your_app",
            method: "GET",
            route: "",
            path: b"/slow",
            client: "127.0.0.1",
            thread: 0,
        };
        let spool = Spool::new(SpoolConfig::new(dir));
        assert!(spool.with_board(|board| board.enter(&entered)).is_some());
        std::mem::forget(spool);
    }

    /// A process that is in a request until it is killed.
    fn worker(dir: &Path) -> libc::pid_t {
        // SAFETY: the child records, and waits to be killed.
        let child = unsafe { libc::fork() };
        if child == 0 {
            enter(dir, 7);
            loop {
                std::thread::park();
            }
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while snapshots(dir).iter().all(|board| board.in_flight.is_empty()) {
            assert!(Instant::now() < deadline, "the child enters no request");
            std::thread::yield_now();
        }
        child
    }

    fn kill(child: libc::pid_t) {
        // SAFETY: a plain call; the child is ours and not waited for yet.
        assert_eq!(unsafe { libc::kill(child, libc::SIGKILL) }, 0);
    }

    fn reap(child: libc::pid_t) {
        let mut status = 0;
        // SAFETY: waits for a child of ours.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    }

    fn seen_to_end(witness: &mut Witness) -> Ended {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(ended) = witness.look(false).pop() {
                return ended;
            }
            assert!(Instant::now() < deadline, "the end goes unnoticed");
            std::thread::yield_now();
        }
    }

    #[test]
    fn an_end_is_noticed_with_the_status_its_parent_has_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let child = worker(dir.path());
        let mut witness = Witness::new(&SpoolDir::open(dir.path()).unwrap());
        assert!(witness.look(true).is_empty());
        kill(child);
        let ended = seen_to_end(&mut witness);
        assert_eq!((ended.pid as i32, ended.status), (child, Some(libc::SIGKILL)));
        assert_eq!(ended.parent, std::process::id());
        assert!(ended.noticed_unix_ns.is_some());
        reap(child);
        assert_eq!(witness.board(&ended).unwrap().in_flight[0].path, "/slow");
    }

    #[test]
    fn what_is_told_is_counted_once_and_is_no_longer_in_flight() {
        let dir = tempfile::tempdir().unwrap();
        let child = worker(dir.path());
        kill(child);
        reap(child);
        let mut witness = Witness::new(&SpoolDir::open(dir.path()).unwrap());
        let ended = witness.look(true).pop().unwrap();
        let before = witness.board(&ended).unwrap();
        let start = before.in_flight[0].start_unix_ns;
        let held = witness.hold().unwrap();
        let end = End { unix_ns: start + 5_000_000, how: "killed by SIGKILL".to_owned() };
        witness.decide(&held, &ended, &end).unwrap();
        assert_eq!(witness.board(&ended).unwrap().in_flight.len(), 1);
        for _ in 0..2 {
            witness.told(&held, &ended, &[before.in_flight[0].place], 2).unwrap();
        }
        assert!(witness.look(true).is_empty());
        let board = &snapshots(dir.path())[0];
        assert_eq!((board.in_flight.len(), board.records, board.end.as_ref()), (0, 2, Some(&end)));
        let route = &board.routes[0];
        assert_eq!((&*route.route, route.requests, route.status[0]), ("(unmatched)", 1, 1));
        assert_eq!(route.duration_ns, 5_000_000);
    }

    #[test]
    fn requests_nobody_told_of_outlive_many_restarts_and_then_count_as_lost() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..60 {
            let child = worker_that_ends(dir.path());
            reap(child);
        }
        let boards = snapshots(dir.path());
        let untold: usize = boards.iter().map(|board| board.in_flight.len()).sum();
        let lost: u64 = boards.iter().flat_map(|board| &board.drops).map(|(_, count)| count).sum();
        assert_eq!(untold as u64 + lost, 60);
        assert!((32..=34).contains(&untold), "{untold} were kept");
    }

    fn worker_that_ends(dir: &Path) -> libc::pid_t {
        // SAFETY: the child records and leaves by `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            enter(dir, 7);
            // SAFETY: ends the child without running the test harness's exits.
            unsafe { libc::_exit(0) };
        }
        child
    }
}
