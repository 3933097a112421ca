//! The control file: 16 KiB that every process of a spool maps.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `HAECHCTL`; 8–15 format version |
//! | 16–23 | bytes of segments in the spool (corrected by whoever scans it) |
//! | 24–31 | records the flight recorder overwrote |
//! | 32–39 | lanes given out, for ids |
//! | 256– | 126 apps of 128 bytes: owner word, state word, name (112 bytes) |

use crate::{SpoolError, map};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const MAGIC: u64 = u64::from_le_bytes(*b"HAECHCTL");
const VERSION: u64 = 1;
const LEN: usize = 16 * 1024;
const APPS_AT: usize = 256;
const APP_LEN: usize = 128;
const APPS: usize = (LEN - APPS_AT) / APP_LEN;
const NAME_LEN: usize = 64;
const SEGMENT_BYTES_AT: usize = 16;
const OVERWRITTEN_AT: usize = 24;
const LANES_AT: usize = 32;

/// Whether an app is monitored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u64)]
pub enum AppState {
    /// Nobody has said; the default of the process counts.
    #[default]
    Unset = 0,
    /// `request.statistics = True`.
    On = 1,
    /// `request.statistics = False`.
    Paused = 2,
}

/// Where an app's state stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AppPlace(usize);

/// What all processes of one spool share. A change is seen by all at once and
/// outlives them.
#[derive(Debug)]
pub struct Control {
    map: map::Map,
}

impl Control {
    /// Opens the control file of a spool folder, making it if there is none. A
    /// file that is not ours, or too short, is renamed aside and made anew.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if the file can be neither opened nor made.
    pub fn open(spool: &Path) -> Result<Self, SpoolError> {
        let path = spool.join("control");
        match Self::open_existing(&path) {
            Ok(found) => Ok(found),
            Err(SpoolError::Foreign { .. }) => {
                let aside = spool.join(format!("control.damaged-{}", crate::origin::unix_ns()));
                std::fs::rename(&path, aside).map_err(SpoolError::io("set aside", &path))?;
                Self::create(spool, &path)
            }
            Err(error) if error.is_missing() => Self::create(spool, &path),
            Err(error) => Err(error),
        }
    }

    /// Tells whether a file is a control file of this version, and changes
    /// nothing.
    pub(crate) fn look(path: &Path) -> Result<(), SpoolError> {
        use std::io::Read;
        use std::os::unix::fs::OpenOptionsExt;
        let foreign = |why| Err(SpoolError::Foreign { path: PathBuf::from(path), why });
        let mut file = std::fs::File::options()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(path)
            .map_err(SpoolError::io("open", path))?;
        let found = file.metadata().map_err(SpoolError::io("look at", path))?;
        if !found.is_file() || found.len() != LEN as u64 {
            return foreign("it has the wrong size");
        }
        let mut header = [0; 16];
        file.read_exact(&mut header).map_err(SpoolError::io("read", path))?;
        match header_of_this_version() == header {
            true => Ok(()),
            false => foreign("it does not begin like a control file"),
        }
    }

    fn open_existing(path: &Path) -> Result<Self, SpoolError> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let io = |error: rustix::io::Errno| SpoolError::io("open", path)(error.into());
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(io)?;
        let size = rustix::fs::fstat(&fd).map_err(io)?.st_size;
        let foreign = |why| SpoolError::Foreign { path: PathBuf::from(path), why };
        if size != LEN as i64 {
            return Err(foreign("it has the wrong size"));
        }
        // a sparse copy of the file would kill us on a full disk
        map::allocate(&fd, LEN).map_err(SpoolError::io("allocate", path))?;
        let map = map::Map::of(&fd, path, LEN)?;
        let whole = map.word(0).load(Ordering::Acquire) == MAGIC
            && map.word(8).load(Ordering::Relaxed) == VERSION;
        if whole { Ok(Self { map }) } else { Err(foreign("it does not begin like a control file")) }
    }

    /// Two processes may both make one: the one linked first is used by both.
    fn create(spool: &Path, path: &Path) -> Result<Self, SpoolError> {
        map::make_folder(spool)?;
        let mine = spool.join(format!(".control-{:016x}", crate::origin::noise()));
        let fd = map::open_new(&mine)?;
        let header = header_of_this_version();
        let made = map::allocate(&fd, LEN)
            .and_then(|()| rustix::io::pwrite(&fd, &header, 0).map_err(Into::into))
            .and_then(|_| match std::fs::hard_link(&mine, path) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
                _ => Ok(()),
            });
        let _ = std::fs::remove_file(&mine);
        made.map_err(SpoolError::io("make", path))?;
        Self::open_existing(path)
    }

    /// What was last said of an app; [`AppState::Unset`] if nothing was.
    #[must_use]
    pub fn state(&self, app: &str) -> AppState {
        self.slot(app, false).map_or(AppState::Unset, |slot| self.state_of(slot))
    }

    /// Says whether an app is monitored. With all 126 places taken by other
    /// apps, the app stays at the process's default.
    pub fn set(&self, app: &str, state: AppState) {
        if let Some(slot) = self.slot(app, true) {
            self.map.word(slot + 8).store(state as u64, Ordering::Release);
        }
    }

    /// Remembers where an app's state stands, so that asking again is one load.
    pub(crate) fn place(&self, app: &str) -> Option<AppPlace> {
        self.slot(app, true).map(AppPlace)
    }

    #[inline]
    pub(crate) fn state_at(&self, place: AppPlace) -> AppState {
        self.state_of(place.0)
    }

    /// Every app that was ever recorded or spoken of.
    #[must_use]
    pub fn apps(&self) -> Vec<(String, AppState)> {
        (0..APPS)
            .map(|index| APPS_AT + index * APP_LEN)
            .take_while(|slot| self.map.word(*slot).load(Ordering::Acquire) != 0)
            .map(|slot| (self.name_of(slot), self.state_of(slot)))
            .filter(|(name, _)| !name.is_empty())
            .collect()
    }

    /// Records in segments that the flight recorder overwrote.
    #[must_use]
    pub fn overwritten(&self) -> u64 {
        self.map.word(OVERWRITTEN_AT).load(Ordering::Relaxed)
    }

    pub(crate) fn add_overwritten(&self, records: u64) {
        self.map.word(OVERWRITTEN_AT).fetch_add(records, Ordering::Relaxed);
    }

    /// Bytes of all segments in the spool, as far as known.
    pub(crate) fn segment_bytes(&self) -> &AtomicU64 {
        self.map.word(SEGMENT_BYTES_AT)
    }

    pub(crate) fn next_lane(&self) -> u32 {
        (self.map.word(LANES_AT).fetch_add(1, Ordering::Relaxed) & u64::from(u32::MAX)) as u32
    }

    fn state_of(&self, slot: usize) -> AppState {
        match self.map.word(slot + 8).load(Ordering::Acquire) {
            1 => AppState::On,
            2 => AppState::Paused,
            _ => AppState::Unset,
        }
    }

    /// The place of an app. Places are claimed in order and never given back:
    /// the owner word goes from 0 to the hash of the name by compare-exchange,
    /// and the name is written by whoever won.
    fn slot(&self, app: &str, claim: bool) -> Option<usize> {
        let name = padded(app);
        let key = hash(&name);
        for slot in (0..APPS).map(|index| APPS_AT + index * APP_LEN) {
            let owner = self.map.word(slot);
            match owner.load(Ordering::Acquire) {
                0 if claim => {
                    if let Err(other) =
                        owner.compare_exchange(0, key, Ordering::AcqRel, Ordering::Acquire)
                    {
                        if other == key {
                            return Some(slot);
                        }
                        continue;
                    }
                    self.write_name(slot, &name);
                    return Some(slot);
                }
                0 => return None,
                found if found == key => return Some(slot),
                _ => {}
            }
        }
        None
    }

    fn write_name(&self, slot: usize, name: &[u8; NAME_LEN]) {
        for (index, word) in name.chunks_exact(8).enumerate() {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(word);
            let at = slot + 16 + index * 8;
            self.map.word(at).store(u64::from_le_bytes(bytes), Ordering::Release);
        }
    }

    fn name_of(&self, slot: usize) -> String {
        let words = (0..NAME_LEN / 8).map(|i| self.map.word(slot + 16 + i * 8));
        let bytes: Vec<u8> =
            words.flat_map(|word| word.load(Ordering::Acquire).to_le_bytes()).collect();
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}

fn header_of_this_version() -> [u8; 16] {
    let mut header = [0; 16];
    header[..8].copy_from_slice(&MAGIC.to_le_bytes());
    header[8..].copy_from_slice(&VERSION.to_le_bytes());
    header
}

/// The name cut at 64 bytes and filled up with zeros.
fn padded(app: &str) -> [u8; NAME_LEN] {
    let mut out = [0; NAME_LEN];
    let mut end = app.len().min(NAME_LEN);
    while !app.is_char_boundary(end) {
        end -= 1;
    }
    out[..end].copy_from_slice(&app.as_bytes()[..end]);
    out
}

/// FNV-1a, never 0; 126 names at the most make a collision a curiosity.
fn hash(name: &[u8; NAME_LEN]) -> u64 {
    let fold = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    name.iter().fold(0xcbf2_9ce4_8422_2325, fold).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_process_says_every_other_sees_and_a_later_one_too() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (Control::open(dir.path()).unwrap(), Control::open(dir.path()).unwrap());
        assert_eq!(b.state("your_app"), AppState::Unset);
        a.set("your_app", AppState::On);
        a.set("한글", AppState::Paused);
        assert_eq!(b.state("your_app"), AppState::On);
        drop((a, b));
        let later = Control::open(dir.path()).unwrap();
        assert_eq!(
            later.apps(),
            [("your_app".into(), AppState::On), ("한글".into(), AppState::Paused)]
        );
    }

    #[test]
    fn a_damaged_control_file_is_set_aside_and_a_new_one_made() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("control"), b"not ours").unwrap();
        Control::open(dir.path()).unwrap().set("a", AppState::On);
        assert_eq!(Control::open(dir.path()).unwrap().state("a"), AppState::On);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn more_apps_than_places_leave_the_rest_unset() {
        let dir = tempfile::tempdir().unwrap();
        let control = Control::open(dir.path()).unwrap();
        for n in 0..APPS + 5 {
            control.set(&format!("app{n}"), AppState::On);
        }
        assert_eq!(control.apps().len(), APPS);
        assert_eq!(control.state(&format!("app{}", APPS + 1)), AppState::Unset);
    }
}
