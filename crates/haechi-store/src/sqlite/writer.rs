use super::calendar::Day;
use super::day_file::DayFile;
use super::folder::Folder;
use super::main_file::{DayState, Days, MainFile};
use super::notes::PendingNotes;
use super::open_file::{Look, Refused, look};
use super::readers::FileKey;
use super::schema::Kind;
use super::{Options, SqliteStore};
use crate::StoreError;
use std::path::Path;

/// Day files kept open for writing: today's, and yesterday's around midnight.
const MOST_OPEN: usize = 2;

/// Everything that writes; one thread at a time has it.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) main: MainFile,
    /// The one used last is at the end.
    open: Vec<DayFile>,
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
        let writer = Self { main: MainFile::open(folder)?, open: Vec::new() };
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
            Look::Faulty(fault) => fault,
            Look::Sound | Look::Open => {
                let part = match state.part {
                    Some(part) => part,
                    None => self.main.new_part()?,
                };
                let opened = DayFile::open(folder, day, part, options).and_then(|file| {
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
        self.main.commit_batch(&[], &seen, &[], &[])?;
        self.main.set_day_file(file.day, file.part)
    }

    /// Writes what is not in the file yet.
    pub(crate) fn save_notes(&self, pending: &PendingNotes) -> Result<(), StoreError> {
        let notes = pending.snapshot();
        if !notes.is_empty() {
            self.main.commit_batch(&[], &Vec::new(), &[], &notes)?;
            pending.saved(notes.len());
        }
        Ok(())
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

    /// The file if it is open already, else opened by `open`.
    pub(crate) fn day(
        &mut self,
        day: Day,
        open: impl FnOnce() -> Result<DayFile, Refused>,
    ) -> Result<&mut DayFile, Refused> {
        let file = match self.open.iter().position(|file| file.day == day) {
            Some(at) => self.open.remove(at),
            None => open()?,
        };
        if self.open.len() >= MOST_OPEN {
            self.open.remove(0);
        }
        self.open.push(file);
        let last = self.open.len() - 1;
        Ok(&mut self.open[last])
    }

    /// The file if it is open.
    pub(crate) fn opened(&self, day: Day) -> Option<&DayFile> {
        self.open.iter().find(|file| file.day == day)
    }

    fn is_open(&self, day: Day) -> bool {
        self.opened(day).is_some()
    }
}

impl SqliteStore {
    /// A day's file to write to, made if there is none. That it will hold
    /// numbers that are not folded is in the main file before it does.
    pub(super) fn writable_day<'w>(
        &self,
        writer: &'w mut Writer,
        day: Day,
    ) -> Result<&'w mut DayFile, StoreError> {
        let part = self.announce(writer, day)?;
        if !writer.is_open(day) {
            let opened = DayFile::open(&self.folder, day, part, &self.options);
            let file = match opened {
                Ok(file) => file,
                Err(Refused::Error(error)) => return Err(error),
                Err(Refused::Faulty(fault)) => {
                    self.replace_day(writer, day, &fault)?;
                    let part = self.announce(writer, day)?;
                    DayFile::open(&self.folder, day, part, &self.options).map_err(plain)?
                }
            };
            return writer.day(day, || Ok(file)).map_err(plain);
        }
        let open = || DayFile::open(&self.folder, day, part, &self.options);
        writer.day(day, open).map_err(plain)
    }

    /// Marks a day as one whose file holds numbers that are not folded; gives
    /// the part of its file, present or to be made.
    fn announce(&self, writer: &Writer, day: Day) -> Result<i64, StoreError> {
        let state = self.change_days(|days| days.get(&day).copied().unwrap_or_default());
        let part = match (state.part, state.dirty) {
            (Some(part), true) => return Ok(part),
            (Some(part), false) => part,
            (None, _) => writer.main.new_part()?,
        };
        writer.main.set_day_file(day, part)?;
        self.change_days(|days| {
            let state = days.entry(day).or_default();
            state.part = Some(part);
            state.dirty = true;
        });
        Ok(part)
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
        writer.main.forget_day_file(day)?;
        let days = writer.main.days()?;
        self.change_days(|known| *known = days);
        Ok(())
    }

    /// Sets the main file aside while the store is open, and makes a new one
    /// from what the day files hold.
    pub(super) fn replace_main(&self, writer: &mut Writer, fault: &str) -> Result<(), StoreError> {
        // its connection must be closed before the file moves: closing deletes
        // the log that lies under the old name
        let nothing = rusqlite::Connection::open_in_memory();
        writer.main.conn = nothing.map_err(StoreError::sqlite("replace the main file"))?;
        writer.open.clear();
        self.readers.forget(FileKey::Main);
        set_aside(&self.folder, &self.folder.main_path(), fault, &self.pending)?;
        let (new, days) = Writer::open(&self.folder, &self.options, &self.pending)?;
        *writer = new;
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
