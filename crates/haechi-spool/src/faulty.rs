//! Files of the spool that are not segments and cannot be used.

use crate::control::ReplacingLock;
use crate::read::SpoolDir;
use crate::{Control, SpoolError, board};
use std::fs;

/// The control file, and what [`Control::open`] calls one it could not use.
const CONTROL: &str = "control";
const CONTROL_ASIDE: &str = "control.damaged-";

/// A file that was moved to the spool's quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// What it was called.
    pub name: String,
    /// What is wrong with it, as a sentence.
    pub why: String,
}

impl SpoolDir {
    /// Moves scoreboards and a control file that are damaged or foreign to
    /// quarantine, and with them control files that a program has put aside.
    /// Files of a newer version stay: the program that writes them may run.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if the folder cannot be listed or a file not moved.
    pub fn set_aside_faulty(&self) -> Result<Vec<SetAside>, SpoolError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path()).map_err(SpoolError::io("list", self.path()))? {
            let entry = entry.map_err(SpoolError::io("list", self.path()))?;
            let Ok(file) = entry.file_name().into_string() else { continue };
            // a program may be putting it aside and a sound one in its place
            let _alone = (file == CONTROL).then(|| ReplacingLock::take(self.path())).transpose()?;
            let Some(why) = self.fault_of(&file) else { continue };
            match self.quarantine(&file) {
                // a program was faster
                Err(error) if error.is_missing() => continue,
                moved => moved?,
            };
            let name = if file.starts_with(CONTROL_ASIDE) { CONTROL.to_owned() } else { file };
            found.push(SetAside { name, why });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// What is wrong with a file that is no segment, if something is.
    fn fault_of(&self, file: &str) -> Option<String> {
        let path = self.path().join(file);
        if file.starts_with(CONTROL_ASIDE) {
            return Some("it is no control file; programs have made a new one".to_owned());
        }
        let looked = if file == CONTROL {
            Control::look(&path)
        } else if file.ends_with(board::SUFFIX) && !file.starts_with('.') {
            board::look(&path)
        } else {
            return None;
        };
        match looked {
            Err(error @ SpoolError::Foreign { .. }) => Some(error.to_string()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AppState;
    use crate::write::{Spool, SpoolConfig};
    use haechi_event::{Log, Record};

    #[test]
    fn damaged_boards_and_control_files_are_moved_and_sound_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(SpoolConfig::new(dir.path()));
        spool.append(&Record::Log(Log::default())).unwrap();
        spool.set_app_state("app", AppState::Paused);
        let reads = SpoolDir::open(dir.path()).unwrap();
        assert_eq!(reads.set_aside_faulty().unwrap(), []);

        fs::write(dir.path().join("a.board"), "foreign").unwrap();
        fs::create_dir(dir.path().join("b.board")).unwrap();
        fs::write(dir.path().join("control.damaged-1"), "foreign").unwrap();
        fs::write(dir.path().join("notes.txt"), "none of ours").unwrap();
        let names: Vec<_> =
            reads.set_aside_faulty().unwrap().into_iter().map(|found| found.name).collect();
        assert_eq!(names, ["a.board", "b.board", "control"]);
        assert_eq!(fs::read(dir.path().join("quarantine/a.board")).unwrap(), b"foreign");
        assert_eq!(reads.set_aside_faulty().unwrap(), []);
        assert_eq!(crate::board::snapshots(dir.path()).len(), 1);
        assert_eq!(Control::open(dir.path()).unwrap().state("app"), AppState::Paused);

        fs::write(dir.path().join("control"), "cut").unwrap();
        assert_eq!(reads.set_aside_faulty().unwrap()[0].name, "control");
        assert_eq!(Control::open(dir.path()).unwrap().state("app"), AppState::Unset);
    }
}
