use super::SqliteStore;
use super::calendar::Day;
use super::day_file::Item;
use super::hash::QuickMap;
use super::main_file::Seen;
use super::releases::ReleaseTimes;
use super::writer::Writer;
use crate::{Appended, Batch, LogId, Position, StoreError};
use haechi_event::{Record, RequestId};

impl SqliteStore {
    /// First every day's file, each in one transaction with its read positions;
    /// then the main file, issues first. A crash in between leaves the main
    /// file's positions behind, never ahead, and what is read again is known in
    /// the day files. What issues lack then, the next start brings.
    pub(super) fn append_batch(&self, batch: &Batch<'_>) -> Result<Appended, StoreError> {
        let mut writer = self.writer()?;
        let sorted = Sorted::new(batch);
        let mut appended = Appended::default();
        for (day, items) in &sorted.days {
            let of_day = self.append_day(&mut writer, *day, batch, items)?;
            appended.stored += of_day.stored;
            appended.repeated += of_day.repeated;
            appended.collisions += of_day.collisions;
            appended.logs.extend(of_day.logs);
            self.note_patterns(&mut writer, *day, of_day.patterns, &mut appended)?;
            if !of_day.exceptions.is_empty() {
                writer.unsynced.insert(*day);
                appended.exceptions.extend(of_day.exceptions);
            }
        }
        appended.logs.sort_unstable();
        appended.exceptions.sort_unstable_by_key(|exception| exception.index);
        self.sync_issues(&mut writer)?.tell(&mut appended.exceptions);
        self.commit_main(&mut writer, batch, &sorted)?;
        // a main file that had to be made anew knows of no issue
        self.sync_issues(&mut writer)?;
        Ok(appended)
    }

    fn append_day(
        &self,
        writer: &mut Writer,
        day: Day,
        batch: &Batch<'_>,
        items: &[Item],
    ) -> Result<Appended, StoreError> {
        let mut appended = Appended::default();
        let first = self.writable_day(writer, day)?.append(batch, items, &mut appended);
        let Err(error) = first else { return Ok(appended) };
        // it may remember what the file does not
        writer.close(day);
        if !error.is_damage() {
            return Err(error);
        }
        self.replace_day(writer, day, &error.to_string())?;
        let mut appended = Appended::default();
        let second = self.writable_day(writer, day)?.append(batch, items, &mut appended);
        if second.is_err() {
            writer.close(day);
        }
        second.map(|()| appended)
    }

    fn commit_main(
        &self,
        writer: &mut Writer,
        batch: &Batch<'_>,
        sorted: &Sorted<'_>,
    ) -> Result<(), StoreError> {
        self.with_main(writer, |main| {
            let mut notes = self.pending.snapshot();
            let pending = notes.len();
            notes.extend_from_slice(&batch.notes);
            let Sorted { positions, seen, releases, .. } = sorted;
            main.commit_batch(positions, seen, releases, &batch.drops, &notes)?;
            self.pending.saved(pending);
            Ok(())
        })
    }
}

/// A batch, sorted by where its parts go.
#[derive(Default)]
struct Sorted<'a> {
    days: Vec<(Day, Vec<Item>)>,
    positions: Vec<(&'a str, Position)>,
    seen: Seen<'a>,
    releases: ReleaseTimes<'a>,
}

impl<'a> Sorted<'a> {
    fn new(batch: &Batch<'a>) -> Self {
        let mut sorted = Self::default();
        let mut segments = Ranks::default();
        let mut apps = Ranks::default();
        for (index, incoming) in batch.records.iter().enumerate() {
            let (app, id, ms) = match &incoming.record {
                Record::Request(request) => {
                    let id = request_id(request.id, request.start_unix_ns);
                    let ms = RequestId::from_u64(id).unix_ms();
                    sorted.releases.see(request, ms);
                    (request.app, id, ms)
                }
                Record::Log(log) => {
                    let id = LogId::first_at_us(log.time_unix_ns / 1000);
                    (log.app, id.as_u64(), id.unix_us() / 1000)
                }
                Record::Exception(exception) => {
                    let id = request_id(exception.id, exception.time_unix_ns);
                    (exception.app, id, RequestId::from_u64(id).unix_ms())
                }
                Record::Span(span) => {
                    let id = request_id(span.request_id, 0);
                    (span.app, id, RequestId::from_u64(id).unix_ms())
                }
                Record::Samples(samples) => {
                    let id = request_id(samples.request_id, 0);
                    (samples.app, id, RequestId::from_u64(id).unix_ms())
                }
                Record::Headers(headers) => {
                    let id = request_id(headers.request_id, 0);
                    (headers.app, id, RequestId::from_u64(id).unix_ms())
                }
            };
            sorted.put(Day::of_ms(ms), Item { index, id });
            let position = Position { end: incoming.end, records: u64::from(incoming.sequence) };
            sorted.advance(segments.rank(incoming.segment), incoming.segment, position);
            let at = apps.rank(app);
            if at == sorted.seen.len() {
                sorted.seen.push((app, ms, ms));
            }
            let (_, first, last) = &mut sorted.seen[at];
            *first = (*first).min(ms);
            *last = (*last).max(ms);
        }
        for (segment, position) in &batch.read {
            sorted.advance(segments.rank(segment), segment, *position);
        }
        sorted
    }

    /// `rank` counts segments in the order they are first seen.
    #[inline]
    fn advance(&mut self, rank: usize, segment: &'a str, to: Position) {
        if rank == self.positions.len() {
            self.positions.push((segment, Position::default()));
        }
        let position = &mut self.positions[rank].1;
        position.end = position.end.max(to.end);
        position.records = position.records.max(to.records);
    }

    #[inline]
    fn put(&mut self, day: Day, item: Item) {
        // nearly always the day of the record before
        match self.days.iter_mut().rev().find(|(known, _)| *known == day) {
            Some((_, items)) => items.push(item),
            None => self.days.push((day, vec![item])),
        }
    }
}

/// The id a request or an exception asks for. One without gets the first of its
/// millisecond.
fn request_id(id: RequestId, start_unix_ns: u64) -> u64 {
    if id == RequestId::NONE {
        return RequestId::first_at_ms(start_unix_ns / 1_000_000).as_u64();
    }
    // SQLite's integers have 63 bits and a sign
    id.as_u64() & (i64::MAX as u64)
}

/// Numbers texts in the order they are first seen.
#[derive(Default)]
struct Ranks<'a> {
    ranks: QuickMap<&'a str, usize>,
    last: Option<(&'a str, usize)>,
}

impl<'a> Ranks<'a> {
    #[inline]
    fn rank(&mut self, text: &'a str) -> usize {
        match self.last {
            Some((last, rank)) if last == text => rank,
            _ => {
                let next = self.ranks.len();
                let rank = *self.ranks.entry(text).or_insert(next);
                self.last = Some((text, rank));
                rank
            }
        }
    }
}
