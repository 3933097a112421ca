use super::report::Check;
use haechi_spool::WriterState;
use haechi_spool::read::SpoolDir;
use haechi_spool::write::SpoolConfig;
use std::path::Path;

const NAME: &str = "spool";

/// The spool: how full, whether every segment can be read.
pub(super) fn check(data_dir: &Path) -> Check {
    let path = data_dir.join("spool");
    if !path.is_dir() {
        return Check::ok(NAME, "empty: nothing was recorded yet");
    }
    match look(&path) {
        Err(error) => {
            Check::fail(NAME, error.to_string(), "check that the folder is yours and can be read")
        }
        Ok(found) => found.judged(),
    }
}

#[derive(Debug, Default)]
struct Found {
    segments: usize,
    damaged: Vec<String>,
    /// Of programs that have ended, not stored yet.
    left_over: usize,
    bytes: u64,
    budget: u64,
}

fn look(path: &Path) -> Result<Found, haechi_spool::SpoolError> {
    let spool = SpoolDir::open(path)?;
    let budget = SpoolConfig::new(path).budget_bytes;
    let mut found = Found { bytes: spool.bytes()?, budget, ..Found::default() };
    for name in spool.segments()? {
        match spool.reader(&name) {
            Ok(reader) => {
                found.segments += 1;
                found.left_over += usize::from(reader.writer_state() == WriterState::Gone);
            }
            Err(error) if error.is_missing() => {}
            Err(_) => found.damaged.push(name),
        }
    }
    Ok(found)
}

impl Found {
    fn judged(&self) -> Check {
        let Self { segments, left_over, bytes, budget, .. } = self;
        let mb = |bytes: u64| bytes as f64 / 1e6;
        let text = format!(
            "{segments} segments, {left_over} of ended programs, {:.1} of {:.0} MB",
            mb(*bytes),
            mb(*budget)
        );
        if let Some(first) = self.damaged.first() {
            let count = self.damaged.len();
            let text = format!("{text}; {count} cannot be read, such as {first}");
            return Check::warn(NAME, text, "nothing: the next `haechi serve` sets them aside");
        }
        if *bytes > budget / 10 * 9 {
            let text = format!("{text}: nearly full, records are being lost");
            return Check::fail(
                NAME,
                text,
                "start `haechi serve`, or see what keeps it from storing",
            );
        }
        if *left_over > 0 {
            return Check::warn(NAME, text, "start `haechi serve` to have them stored");
        }
        Check::ok(NAME, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;

    #[test]
    fn a_foreign_segment_is_warned_about() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(check(dir.path()).state(), State::Ok);
        let spool = dir.path().join("spool");
        std::fs::create_dir(&spool).unwrap();
        assert_eq!(check(dir.path()).state(), State::Ok);
        std::fs::write(spool.join("x.seg"), "not ours").unwrap();
        assert_eq!(check(dir.path()).state(), State::Warn);
    }

    #[test]
    fn a_nearly_full_spool_fails() {
        let found = Found { bytes: 95, budget: 100, ..Found::default() };
        assert_eq!(found.judged().state(), State::Fail);
    }
}
