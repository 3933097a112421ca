use super::report::Check;
use haechi_server::{Compared, VERSION};
use haechi_spool::board::snapshots;
use std::path::Path;

const NAME: &str = "recorders";

/// The programs that record now: whether they have the Haechi that reads them.
pub(super) fn check(data_dir: &Path) -> Check {
    let boards = snapshots(&data_dir.join("spool"));
    let running: Vec<_> = boards.iter().filter(|board| board.running).collect();
    let others: Vec<_> =
        running.iter().filter(|board| Compared::of(&board.recorder) != Compared::Same).collect();
    let Some(first) = others.first() else {
        return Check::ok(NAME, format!("{} processes record, with {VERSION}", running.len()));
    };
    let version = match first.recorder.as_str() {
        "" => "an older version",
        version => version,
    };
    let text = format!(
        "{} of {} processes record with another version, such as {} with {version}",
        others.len(),
        running.len(),
        first.pid
    );
    Check::warn(NAME, text, format!("restart them, so that they load haechi {VERSION}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;
    use haechi_event::{Log, Record};
    use haechi_spool::write::{Spool, SpoolConfig};

    #[test]
    fn a_recorder_of_another_version_is_warned_about() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(check(dir.path()).state(), State::Ok);
        let config = SpoolConfig::new(&dir.path().join("spool"));
        let same = Spool::new(config.clone());
        same.append(&Record::Log(Log::default())).unwrap();
        assert_eq!(check(dir.path()).state(), State::Ok);
        let other = Spool::new(SpoolConfig { recorder: "0.0.1".to_owned(), ..config });
        other.append(&Record::Log(Log::default())).unwrap();
        assert_eq!(check(dir.path()).state(), State::Warn);
    }
}
