//! What the watched programs read of a data folder's `haechi.toml`, once, when
//! they start to record.

use crate::heads::HeaderSettings;
use crate::redaction::RedactSettings;
use crate::slow_settings::SlowSettings;
use haechi_event::redact::{Rules, install};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use serde::Deserialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const FILE: &str = "haechi.toml";
/// Larger settings files are no settings files.
const FILE_MAX: u64 = 256 * 1024;

/// All that a recorder reads of the file; the rest is the server's.
#[derive(Debug, Default, Deserialize)]
struct Settings {
    #[serde(default)]
    redact: RedactSettings,
    #[serde(flatten)]
    told: Told,
}

/// What it says beside the rules of redaction.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Told {
    #[serde(default)]
    pub(crate) slow: SlowSettings,
    #[serde(default)]
    pub(crate) headers: HeaderSettings,
}

/// Makes the folder's rules those of the program; the first folder counts.
/// Gives what else it says, and one line about why the standard rules and
/// settings apply, if they do so against the file.
pub(crate) fn follow(data: &Path) -> (Told, Option<String>) {
    let file = data.join(FILE);
    let why = match read(&file) {
        Ok(None) => return (Told::default(), None),
        Ok(Some(text)) => match parse(&text) {
            Ok((rules, told)) => {
                install(rules);
                return (told, None);
            }
            Err(why) => why,
        },
        Err(error) => error.to_string(),
    };
    let why =
        format!("{} is not understood: {why}; only the standard rules cut secrets", shown(&file));
    (Told::default(), Some(why))
}

fn shown(file: &Path) -> String {
    PathBuf::from(file).display().to_string()
}

fn parse(text: &str) -> Result<(Rules, Told), String> {
    let settings: Settings = toml::from_str(text)
        .map_err(|error| error.message().lines().collect::<Vec<_>>().join(" "))?;
    let rules = settings.redact.rules().map_err(|error| error.to_string())?;
    settings.told.slow.check().map_err(|why| why.to_owned())?;
    Ok((rules, settings.told))
}

/// The text of the file, `None` if there is none. What stands in its place may
/// be anything: a pipe is not waited for, a device not read.
fn read(file: &Path) -> std::io::Result<Option<String>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = match open(file, flags, Mode::empty()) {
        Ok(file) => file,
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    File::from(file).take(FILE_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_MAX {
        return Err(std::io::Error::other("it is larger than 256 KiB"));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_file_is_told_about_and_none_is_fine() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(follow(dir.path()).1, None);
        assert_eq!(follow(&dir.path().join("none")).1, None);
        for (bad, named) in [
            ("[redact]\nkeyz = ['a']\n", "keyz"),
            ("[redact]\npatterns = ['a[']\n", "a["),
            ("[redact\n", "haechi.toml"),
            ("[redact]\nkeys = 'a'\n", "haechi.toml"),
            ("[slow]\nafter = 1\n", "after"),
            ("[slow]\nevery_ms = 1\n", "every_ms"),
            ("[headers]\nkept = true\n", "kept"),
        ] {
            std::fs::write(dir.path().join(FILE), bad).unwrap();
            let why = follow(dir.path()).1.unwrap();
            assert!(why.contains(named) && !why.contains('\n'), "{why}");
        }
        std::fs::remove_file(dir.path().join(FILE)).unwrap();
        std::fs::create_dir(dir.path().join(FILE)).unwrap();
        assert!(follow(dir.path()).1.unwrap().contains("regular"));
    }

    #[test]
    fn what_counts_as_slow_is_read() {
        let slow = parse("[slow]\nafter_ms = 200\nevery_ms = 100\n").unwrap().1.slow;
        assert_eq!((slow.after_ms, slow.every_ms), (Some(200), 100));
        assert_eq!(parse("port = 1\n").unwrap().1, Told::default());
    }

    #[test]
    fn headers_are_kept_unless_the_file_says_otherwise() {
        assert!(parse("port = 1\n").unwrap().1.headers.keep);
        assert!(parse("[headers]\n").unwrap().1.headers.keep);
        assert!(!parse("[headers]\nkeep = false\n").unwrap().1.headers.keep);
    }

    #[test]
    fn what_is_not_about_redaction_is_the_servers() {
        assert!(parse("port = 'x'\nother = 1\n").is_ok());
        let rules = parse("[redact]\nkeys = ['internal_ref']\npatterns = ['ACME-[0-9]{8}']\n");
        assert_eq!(rules.unwrap().0.text("internalRef=a1"), "internalRef=[cut:key:2]");
    }
}
