use super::report::Check;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const NAME: &str = "folder";

/// The data folder: there, ours, closed to others, writable.
pub(super) fn check(data_dir: &Path) -> Check {
    let shown = data_dir.display();
    let found = match data_dir.metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Check::warn(
                NAME,
                format!("{shown} is not there yet"),
                "nothing: `haechi run` makes it; or name another with --data",
            );
        }
        Err(error) => {
            return Check::fail(NAME, format!("{shown}: {error}"), "name another with --data");
        }
    };
    if !found.is_dir() {
        return Check::fail(NAME, format!("{shown} is no folder"), "name another with --data");
    }
    let me = rustix::process::geteuid().as_raw();
    if found.uid() != me {
        let text = format!("{shown} belongs to user {}, you are {me}", found.uid());
        return Check::fail(NAME, text, "run haechi as that user, or name another with --data");
    }
    if found.mode() & 0o077 != 0 {
        let text = format!("{shown} is open to other users");
        return Check::warn(NAME, text, format!("chmod 700 {shown}"));
    }
    use rustix::fs::Access;
    if rustix::fs::access(data_dir, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        return Check::fail(
            NAME,
            format!("{shown} cannot be written"),
            format!("chmod 700 {shown}"),
        );
    }
    Check::ok(NAME, format!("{shown} is yours alone"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_open_to_others_is_warned_about() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
        assert_eq!(check(dir.path()).state(), State::Ok);
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        assert_eq!(check(dir.path()).state(), State::Warn);
        assert_eq!(check(&dir.path().join("none")).state(), State::Warn);
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(check(&file).state(), State::Fail);
    }
}
