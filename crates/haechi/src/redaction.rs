//! A folder's own rules for what is cut out: the table `[redact]` of its
//! `haechi.toml`, read once when the program starts to record.

use haechi_event::redact::{RuleError, Rules, install};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use serde::Deserialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const FILE: &str = "haechi.toml";
/// Larger settings files are no settings files.
const FILE_MAX: u64 = 256 * 1024;

/// The table `[redact]`. Anything else in it is refused by name.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactSettings {
    /// Names whose values are cut too, however they are spelled. Default none.
    pub keys: Vec<String>,
    /// Regular expressions of what is cut too. Default none.
    pub patterns: Vec<String>,
    /// Names whose values are left although they sound like secrets. Default none.
    pub allow: Vec<String>,
    /// Regular expressions; what fits one from end to end is left. Default none.
    pub allow_patterns: Vec<String>,
}

impl RedactSettings {
    /// The rules every folder has, with these on top.
    ///
    /// # Errors
    /// [`RuleError`] naming the key or pattern that cannot be used.
    pub fn rules(&self) -> Result<Rules, RuleError> {
        Rules::standard()
            .with_keys(&self.keys)?
            .with_patterns(&self.patterns)?
            .with_allowed(&self.allow)?
            .with_allowed_patterns(&self.allow_patterns)
    }
}

/// All that a recorder reads of the file; the rest is the server's.
#[derive(Debug, Default, Deserialize)]
struct Settings {
    #[serde(default)]
    redact: RedactSettings,
}

/// Makes the folder's rules those of the program; the first folder counts.
/// Gives one line about why the standard rules apply, if they do so against the
/// file.
pub(crate) fn follow(data: &Path) -> Option<String> {
    let file = data.join(FILE);
    let why = match read(&file) {
        Ok(None) => return None,
        Ok(Some(text)) => match parse(&text) {
            Ok(rules) => {
                install(rules);
                return None;
            }
            Err(why) => why,
        },
        Err(error) => error.to_string(),
    };
    Some(format!("{} is not understood: {why}; only the standard rules cut secrets", shown(&file)))
}

fn shown(file: &Path) -> String {
    PathBuf::from(file).display().to_string()
}

fn parse(text: &str) -> Result<Rules, String> {
    let settings: Settings = toml::from_str(text)
        .map_err(|error| error.message().lines().collect::<Vec<_>>().join(" "))?;
    settings.redact.rules().map_err(|error| error.to_string())
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
        assert_eq!(follow(dir.path()), None);
        assert_eq!(follow(&dir.path().join("none")), None);
        for (bad, named) in [
            ("[redact]\nkeyz = ['a']\n", "keyz"),
            ("[redact]\npatterns = ['a[']\n", "a["),
            ("[redact\n", "haechi.toml"),
            ("[redact]\nkeys = 'a'\n", "haechi.toml"),
        ] {
            std::fs::write(dir.path().join(FILE), bad).unwrap();
            let why = follow(dir.path()).unwrap();
            assert!(why.contains(named) && !why.contains('\n'), "{why}");
        }
        std::fs::remove_file(dir.path().join(FILE)).unwrap();
        std::fs::create_dir(dir.path().join(FILE)).unwrap();
        assert!(follow(dir.path()).unwrap().contains("regular"));
    }

    #[test]
    fn what_is_not_about_redaction_is_the_servers() {
        assert!(parse("port = 'x'\nother = 1\n").is_ok());
        let rules = parse("[redact]\nkeys = ['internal_ref']\npatterns = ['ACME-[0-9]{8}']\n");
        assert_eq!(rules.unwrap().text("internalRef=a1"), "internalRef=[cut:key:2]");
    }
}
