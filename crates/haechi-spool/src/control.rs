//! The control file: 16 KiB that every process of a spool maps.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `HAECHCTL`; 8–15 format version |
//! | 16–23 | bytes of segments in the spool (2⁶²: unknown; corrected by whoever counts) |
//! | 24–31 | records the flight recorder overwrote |
//! | 32–39 | lanes given out, for ids |
//! | 256– | 126 apps of 128 bytes: owner word, state word, name (112 bytes) |

use crate::{SpoolError, map};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const MAGIC: u64 = u64::from_le_bytes(*b"HAECHCTL");
const VERSION: u64 = 1;
const LEN: usize = 16 * 1024;
const APPS_AT: usize = 256;
const APP_LEN: usize = 128;
const APPS: usize = (LEN - APPS_AT) / APP_LEN;
const NAME_LEN: usize = 64;
const SEGMENT_BYTES_AT: usize = 16;
const UNKNOWN_BYTES: u64 = 1 << 62;
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
pub(crate) struct AppPlace(u32);

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
            Err(SpoolError::Foreign { .. }) => Self::replace(spool, &path),
            Err(error) if error.is_missing() => Self::create(spool, &path),
            found => found,
        }
    }

    /// Puts a file that is not ours aside and a new one in its place. One process
    /// at a time: another would put the new one aside as well.
    fn replace(spool: &Path, path: &Path) -> Result<Self, SpoolError> {
        let _alone = ReplacingLock::take(spool)?;
        match Self::open_existing(path) {
            Err(SpoolError::Foreign { .. }) => {
                let aside = spool.join(format!("control.damaged-{}", crate::origin::unix_ns()));
                std::fs::rename(path, aside).map_err(SpoolError::io("set aside", path))?;
                Self::create(spool, path)
            }
            Err(error) if error.is_missing() => Self::create(spool, path),
            found => found,
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
        let beginning = beginning_of_new();
        let made = map::allocate(&fd, LEN)
            .and_then(|()| rustix::io::pwrite(&fd, &beginning, 0).map_err(Into::into))
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
        self.slot(app, true).map(|slot| AppPlace(slot as u32))
    }

    #[inline]
    pub(crate) fn state_at(&self, place: AppPlace) -> AppState {
        self.state_of(place.0 as usize)
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
    pub(crate) fn segment_bytes(&self) -> u64 {
        self.map.word(SEGMENT_BYTES_AT).load(Ordering::Relaxed)
    }

    /// Adds the bytes of a segment that is to be made, unless that would be more
    /// than `budget`.
    pub(crate) fn take_bytes(&self, wanted: u64, budget: u64) -> bool {
        let within = |bytes: u64| bytes.checked_add(wanted).filter(|bytes| *bytes <= budget);
        self.change_bytes(within)
    }

    /// A segment of so many bytes is gone, or was not made after all.
    pub(crate) fn give_bytes(&self, bytes: u64) {
        self.change_bytes(|known| Some(known.saturating_sub(bytes)));
    }

    /// Somebody counted `counted` bytes in the folder. `before` is what was known
    /// when he began; what others took or gave since is left in.
    pub(crate) fn correct_bytes(&self, before: u64, counted: u64) {
        self.change_bytes(|known| {
            let meanwhile = known.wrapping_sub(before).cast_signed();
            Some(counted.checked_add_signed(meanwhile).unwrap_or(counted))
        });
    }

    fn change_bytes(&self, change: impl FnMut(u64) -> Option<u64>) -> bool {
        let word = self.map.word(SEGMENT_BYTES_AT);
        word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }

    pub(crate) fn next_lane(&self) -> u32 {
        (self.map.word(LANES_AT).fetch_add(1, Ordering::Relaxed) & u64::from(u32::MAX)) as u32
    }

    #[inline]
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

/// Magic and version, the first 16 bytes.
fn header_of_this_version() -> [u8; 16] {
    let mut header = [0; 16];
    header[..8].copy_from_slice(&MAGIC.to_le_bytes());
    header[8..].copy_from_slice(&VERSION.to_le_bytes());
    header
}

/// A new file's first 24 bytes. How full the spool is nobody knows yet: too full
/// for the first who asks, who then counts.
fn beginning_of_new() -> [u8; 24] {
    let mut beginning = [0; 24];
    beginning[..16].copy_from_slice(&header_of_this_version());
    beginning[SEGMENT_BYTES_AT..].copy_from_slice(&UNKNOWN_BYTES.to_le_bytes());
    beginning
}

/// Held while a control file is moved away and another put in its place.
#[derive(Debug)]
pub(crate) struct ReplacingLock {
    _fd: OwnedFd,
}

impl ReplacingLock {
    /// Waits, but not for long: whoever holds it makes three system calls.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if it cannot be had.
    pub(crate) fn take(spool: &Path) -> Result<Self, SpoolError> {
        use rustix::fs::{FlockOperation, Mode, OFlags};
        const PATIENCE: Duration = Duration::from_millis(20);
        let path = spool.join("control.lock");
        let io = |error: rustix::io::Errno| SpoolError::io("lock", &path)(error.into());
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR).map_err(io)?;
        let begun = Instant::now();
        loop {
            match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _fd: fd }),
                Err(rustix::io::Errno::WOULDBLOCK) if begun.elapsed() < PATIENCE => {
                    std::thread::yield_now();
                }
                Err(error) => return Err(io(error)),
            }
        }
    }
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
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            3,
            "control, its lock, the old one"
        );
    }

    #[test]
    fn many_who_meet_a_damaged_control_file_at_once_use_the_same_new_one() {
        const MANY: usize = 8;
        for round in 0..60 {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("control"), vec![7; round * 400]).unwrap();
            let together = std::sync::Barrier::new(MANY);
            let opened: Vec<_> = std::thread::scope(|scope| {
                let open = || {
                    together.wait();
                    Control::open(dir.path()).unwrap()
                };
                let threads: Vec<_> = (0..MANY).map(|_| scope.spawn(open)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            for (number, control) in opened.iter().enumerate() {
                control.set(&number.to_string(), AppState::On);
            }
            assert!(opened.iter().all(|control| control.apps().len() == MANY));
            let names =
                std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name());
            let aside = names.filter(|name| name.to_string_lossy().contains("damaged")).count();
            assert_eq!(aside, 1, "round {round}");
        }
    }

    #[test]
    fn bytes_are_taken_within_the_budget_and_a_count_keeps_what_others_took_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let control = Control::open(dir.path()).unwrap();
        assert!(!control.take_bytes(1, 1000), "nobody has counted yet");
        control.correct_bytes(control.segment_bytes(), 100);
        assert!(control.take_bytes(900, 1000) && !control.take_bytes(1, 1000));
        let before = control.segment_bytes();
        control.give_bytes(300);
        control.correct_bytes(before, 500);
        assert_eq!(control.segment_bytes(), 200);
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
