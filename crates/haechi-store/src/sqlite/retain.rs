use super::SqliteStore;
use super::calendar::Day;
use super::fold::is_sound;
use super::folder::Folder;
use super::kept_events::keep_events;
use super::main_file::MainFile;
use super::readers::FileKey;
use super::writer::Writer;
use crate::{Retained, StoreError};

const DAY_MS: u64 = 86_400_000;

impl SqliteStore {
    pub(super) fn delete_old(
        &self,
        now_ms: u64,
        budget_bytes: u64,
        keep_days: u32,
    ) -> Result<Retained, StoreError> {
        let mut writer = self.writer()?;
        self.sync_issues(&mut writer)?;
        let files: Vec<Day> =
            self.days().into_iter().filter(|(_, s)| s.part.is_some()).map(|(day, _)| day).collect();
        let Some(newest) = files.last().copied() else { return Ok(Retained::default()) };
        let bytes_of = |day: Day| Folder::file_bytes(&self.folder.day_path(day));
        let mut bytes = Folder::file_bytes(&self.folder.main_path());
        bytes += files.iter().map(|day| bytes_of(*day)).sum::<u64>();
        // a clock that ran ahead of the records makes nothing old
        let now = now_ms.min(newest.end_ms());
        let mut retained = Retained::default();
        for day in files {
            if day == newest || day == Day::of_ms(now_ms) {
                continue;
            }
            let limit = day.end_ms().saturating_add(u64::from(keep_days).saturating_mul(DAY_MS));
            let is_old = keep_days > 0 && limit < now;
            if bytes <= budget_bytes && !is_old {
                continue;
            }
            let freed = bytes_of(day);
            let reason = if bytes > budget_bytes { "the disk budget is used up" } else { "old" };
            if self.delete_day(&mut writer, day, freed, reason)? {
                retained.days.push(day.to_string());
                retained.bytes += freed;
            }
            bytes = bytes.saturating_sub(freed);
        }
        if !retained.days.is_empty() {
            self.bound_kept(&mut writer, budget_bytes)?;
        }
        self.save_notes(&mut writer)?;
        Ok(retained)
    }

    /// `false` if the day, or the main file, was damaged and set aside.
    fn keep_events_of(&self, writer: &mut Writer, day: Day) -> Result<bool, StoreError> {
        self.open_day(writer, day)?;
        let Some(file) = writer.opened(day) else { return Ok(false) };
        let kept = keep_events(file, &writer.main.conn);
        match kept.map_err(StoreError::sqlite("keep exceptions of a day")) {
            Ok(()) => Ok(true),
            Err(error) if error.is_damage() => {
                if is_sound(&writer.main.conn) {
                    self.replace_day(writer, day, &error.to_string())?;
                } else {
                    self.replace_main(writer, &error.to_string())?;
                    self.sync_issues(writer)?;
                }
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes a day whose numbers are folded. `false` if it was damaged and set
    /// aside instead.
    fn delete_day(
        &self,
        writer: &mut Writer,
        day: Day,
        bytes: u64,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let state = self.days().get(&day).copied().unwrap_or_default();
        if state.dirty {
            self.fold_day(writer, day)?;
        }
        if self.days().get(&day).is_none_or(|state| state.part.is_none())
            || !self.keep_events_of(writer, day)?
        {
            return Ok(false);
        }
        writer.close(day);
        self.readers.forget(FileKey::Day(day));
        // a reader that planned before this finds no file and leaves it out
        self.folder.remove_day(day)?;
        self.with_main(writer, |main| main.forget_day_file(day))?;
        let days = self.with_main(writer, MainFile::days)?;
        self.change_days(|known| *known = days);
        let text = format!(
            "deleted single requests, log lines and exceptions, {bytes} bytes: {reason}; totals \
             are kept"
        );
        self.pending.add("retention", &format!("{day}.db"), text);
        Ok(true)
    }
}
