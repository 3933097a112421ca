use super::calendar::Day;
use super::day_file::DayFile;
use super::folder::Folder;
use super::main_file::{DayState, Days, MainFile};
use super::notes::PendingNotes;
use super::open_file::{Look, Refused, When, look};
use super::readers::{Deadline, FileKey};
use super::releases::ReleaseTimes;
use super::schema::Kind;
use super::{Options, SqliteStore};
use crate::StoreError;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Day files kept open for writing: today's, and yesterday's around midnight.
const MOST_OPEN: usize = 2;

/// Everything that writes; one thread at a time has it.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) main: MainFile,
    /// The one used last is at the end.
    open: Vec<DayFile>,
    /// Days whose issues may have counted more than the main file knows.
    pub(crate) unsynced: BTreeSet<Day>,
}

impl Writer {
    /// Opens the main file and looks at all others.
    pub(crate) fn open(
        folder: &Folder,
        options: &Options,
        pending: &PendingNotes,
    ) -> Result<(Self, Days), StoreError> {
        let path = folder.main_path();
        if path.symlink_metadata().is_ok()
            && let Look::Faulty(fault) = look(&path, Kind::Main)?
        {
            set_aside(folder, &path, &fault, pending)?;
        }
        match Self::open_and_compare(folder, options, pending) {
            Ok(opened) => Ok(opened),
            Err(Refused::Error(error)) => Err(error),
            Err(Refused::Faulty(fault)) => {
                set_aside(folder, &path, &fault, pending)?;
                Self::open_and_compare(folder, options, pending).map_err(plain)
            }
        }
    }

    fn open_and_compare(
        folder: &Folder,
        options: &Options,
        pending: &PendingNotes,
    ) -> Result<(Self, Days), Refused> {
        let mut writer =
            Self { main: MainFile::open(folder)?, open: Vec::new(), unsynced: BTreeSet::new() };
        let known = writer.main.days()?;
        let (days, others) = folder.list_days()?;
        for other in others {
            set_aside(folder, &other, "it does not belong here", pending)?;
        }
        for day in &days {
            let state = known.get(day).copied().unwrap_or_default();
            writer.examine(folder, options, pending, *day, state)?;
        }
        for (day, state) in &known {
            if state.part.is_some() && days.binary_search(day).is_err() {
                writer.main.forget_day_file(*day)?;
            }
        }
        let days = writer.main.days()?;
        let dirty = days.iter().filter(|(_, state)| state.part.is_some() && state.dirty);
        writer.unsynced = dirty.map(|(day, _)| *day).collect();
        Ok((writer, days))
    }

    /// Looks at one day's file; a faulty one is set aside, one the main file
    /// does not know is made known.
    fn examine(
        &self,
        folder: &Folder,
        options: &Options,
        pending: &PendingNotes,
        day: Day,
        state: DayState,
    ) -> Result<(), StoreError> {
        let path = folder.day_path(day);
        let fault = match look(&path, Kind::Day)? {
            Look::Sound if state.part.is_some() => return Ok(()),
            // a file is known only after its tables are made
            Look::Empty if state.part.is_some() => "it is empty".to_owned(),
            Look::Faulty(fault) => fault,
            Look::Sound | Look::Open | Look::Empty => {
                let part = match state.part {
                    Some(part) => part,
                    None => self.main.new_part()?,
                };
                let opened =
                    DayFile::open(folder, day, part, options, When::Start).and_then(|file| {
                        if state.part != Some(file.part) {
                            self.adopt(&file)?;
                        }
                        Ok(())
                    });
                match opened {
                    Ok(()) => return Ok(()),
                    Err(Refused::Error(error)) => return Err(error),
                    Err(Refused::Faulty(fault)) => fault,
                }
            }
        };
        set_aside(folder, &path, &fault, pending)?;
        self.main.forget_day_file(day)
    }

    /// Makes a day's file known to a main file that has nothing from it yet.
    fn adopt(&self, file: &DayFile) -> Result<(), StoreError> {
        file.mark_all_dirty()?;
        let seen = file.apps_seen()?;
        let seen = seen.iter().map(|(app, first, last)| (app.as_str(), *first, *last)).collect();
        self.main.commit_batch(&[], &seen, &ReleaseTimes::default(), &[], &[])?;
        file.bring_releases(&self.main.conn)?;
        file.bring_patterns(&self.main)?;
        self.main.set_day_file(file.day, file.part)
    }

    /// Closes a day's file, if it is open.
    pub(crate) fn close(&mut self, day: Day) {
        self.open.retain(|file| file.day != day);
    }

    /// Closes all but the newest day.
    pub(crate) fn close_old(&mut self) {
        let newest = self.open.iter().map(|file| file.day).max();
        self.open.retain(|file| Some(file.day) == newest);
    }

    /// Keeps a file open, as the one used last.
    fn put(&mut self, file: DayFile) {
        if self.open.len() >= MOST_OPEN {
            self.open.remove(0);
        }
        self.open.push(file);
    }

    /// The file if it is open; it becomes the one used last.
    fn use_open(&mut self, day: Day) -> Option<&mut DayFile> {
        let at = self.open.iter().position(|file| file.day == day)?;
        let file = self.open.remove(at);
        self.open.push(file);
        self.open.last_mut()
    }

    /// The file if it is open.
    pub(crate) fn opened(&self, day: Day) -> Option<&DayFile> {
        self.open.iter().find(|file| file.day == day)
    }
}

impl SqliteStore {
    /// Opens a day's file for writing, made if there is none; one that is
    /// damaged is set aside.
    pub(super) fn open_day(&self, writer: &mut Writer, day: Day) -> Result<(), StoreError> {
        if writer.opened(day).is_some() {
            return Ok(());
        }
        let file = match self.try_open_day(writer, day) {
            Err(Refused::Faulty(fault)) => {
                self.replace_day(writer, day, &fault)?;
                self.try_open_day(writer, day).map_err(plain)?
            }
            result => result.map_err(plain)?,
        };
        // a crash may have come between the two files
        self.with_main(writer, |main| file.bring_patterns(main))?;
        writer.put(file);
        Ok(())
    }

    fn try_open_day(&self, writer: &mut Writer, day: Day) -> Result<DayFile, Refused> {
        let known = self.change_days(|days| days.get(&day).and_then(|state| state.part));
        let part = match known {
            Some(part) => part,
            None => self.with_main(writer, MainFile::new_part)?,
        };
        DayFile::open(&self.folder, day, part, &self.options, When::Later)
    }

    /// A day's file to write to. That it will hold numbers that are not folded
    /// is in the main file before they are in it.
    pub(super) fn writable_day<'w>(
        &self,
        writer: &'w mut Writer,
        day: Day,
    ) -> Result<&'w mut DayFile, StoreError> {
        self.open_day(writer, day)?;
        let part = writer.opened(day).map(|file| file.part).unwrap_or_default();
        let state = self.change_days(|days| days.get(&day).copied().unwrap_or_default());
        if state.part != Some(part) || !state.dirty {
            self.with_main(writer, |main| main.set_day_file(day, part))?;
            self.change_days(|days| {
                let state = days.entry(day).or_default();
                state.part = Some(part);
                state.dirty = true;
            });
            // making a new main file closes all others
            self.open_day(writer, day)?;
        }
        writer.use_open(day).ok_or(StoreError::Poisoned)
    }

    /// Works on the main file; if it is damaged, on a new one.
    pub(super) fn with_main<T>(
        &self,
        writer: &mut Writer,
        work: impl Fn(&MainFile) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match work(&writer.main) {
            Err(error) if error.is_damage() => {
                self.replace_main(writer, &error.to_string())?;
                work(&writer.main)
            }
            result => result,
        }
    }

    /// Writes the notes that are not in the file yet.
    pub(super) fn save_notes(&self, writer: &mut Writer) -> Result<(), StoreError> {
        self.with_main(writer, |main| {
            let notes = self.pending.snapshot();
            if !notes.is_empty() {
                main.commit_batch(&[], &Vec::new(), &ReleaseTimes::default(), &[], &notes)?;
                self.pending.saved(notes.len());
            }
            Ok(())
        })
    }

    /// Reads from the main file; if it is damaged, from a new one.
    pub(super) fn read_main<T>(
        &self,
        deadline: Deadline,
        doing: &'static str,
        mut read: impl FnMut(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let epoch = self.main_epoch.load(Ordering::Acquire);
        let mut attempt = || {
            let conn = self.readers.lend(FileKey::Main, deadline)?;
            read(&conn).map_err(StoreError::sqlite(doing))
        };
        match attempt() {
            Err(error) if error.is_damage() => {
                self.heal_main(epoch, &error)?;
                attempt()
            }
            result => result,
        }
    }

    /// Replaces the main file after a reader found it damaged, unless that was
    /// done since the epoch.
    pub(super) fn heal_main(&self, epoch: u64, error: &StoreError) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        if self.main_epoch.load(Ordering::Acquire) == epoch {
            self.replace_main(&mut writer, &error.to_string())?;
            self.sync_issues(&mut writer)?;
        }
        Ok(())
    }

    /// Sets a day's file aside while the store is open.
    pub(super) fn replace_day(
        &self,
        writer: &mut Writer,
        day: Day,
        fault: &str,
    ) -> Result<(), StoreError> {
        writer.close(day);
        self.readers.forget(FileKey::Day(day));
        set_aside(&self.folder, &self.folder.day_path(day), fault, &self.pending)?;
        self.with_main(writer, |main| main.forget_day_file(day))?;
        let days = self.with_main(writer, MainFile::days)?;
        self.change_days(|known| *known = days);
        Ok(())
    }

    /// Sets the main file aside while the store is open, and makes a new one
    /// from what the day files hold.
    pub(super) fn replace_main(&self, writer: &mut Writer, fault: &str) -> Result<(), StoreError> {
        // its connection must be closed before the file moves: closing deletes
        // the log that lies under the old name
        let nothing = Connection::open_in_memory();
        writer.main.conn = nothing.map_err(StoreError::sqlite("replace the main file"))?;
        writer.open.clear();
        self.readers.forget(FileKey::Main);
        set_aside(&self.folder, &self.folder.main_path(), fault, &self.pending)?;
        let (new, days) = Writer::open(&self.folder, &self.options, &self.pending)?;
        *writer = new;
        self.main_epoch.fetch_add(1, Ordering::AcqRel);
        self.change_days(|known| *known = days);
        Ok(())
    }
}

fn set_aside(
    folder: &Folder,
    path: &Path,
    fault: &str,
    pending: &PendingNotes,
) -> Result<(), StoreError> {
    let target = folder.quarantine(path)?;
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = format!("moved to quarantine/{}: {fault}", name(&target));
    pending.add("quarantine", &name(path), text);
    Ok(())
}

/// A new file that is faulty at once is an error of the disk.
fn plain(refused: Refused) -> StoreError {
    match refused {
        Refused::Error(error) => error,
        Refused::Faulty(fault) => StoreError::Sqlite {
            doing: "make a new file",
            source: rusqlite::Error::InvalidPath(fault.into()),
        },
    }
}
