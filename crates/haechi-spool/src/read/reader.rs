use crate::SpoolError;
use crate::origin::WriterState;
use crate::segment::{
    FRAME_LEN, HEADER_LEN, RECORDS_AT, SEALED, SIZES, STORED_AT, SegmentHeader, Sums, next_offset,
    u32_at,
};
use haechi_event::RECORD_MAX;
use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Reads one segment from front to back, also while it is being written.
#[derive(Debug)]
pub struct SegmentReader {
    file: File,
    path: PathBuf,
    header: SegmentHeader,
    sums: Sums,
    offset: u64,
    /// Of the last record read; 0 if not known since the last seek.
    sequence: u32,
}

/// What one read found.
#[derive(Debug)]
pub struct Chunk<'a> {
    /// Whole, checked records in order.
    pub records: Vec<Raw<'a>>,
    /// What comes after them.
    pub tail: Tail,
}

/// One record as it lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    /// An event's byte form.
    pub payload: &'a [u8],
    /// Where in the buffer it begins.
    pub at: usize,
    /// Offset just after it: where to go on reading.
    pub end: u64,
    /// 1, 2, 3 … within the segment.
    pub sequence: u32,
}

/// What stands behind the last record read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Perhaps more: read again.
    More,
    /// Nothing yet. If the writer was gone before this read, nothing ever.
    Live,
    /// The writer's seal: everything was read.
    Sealed,
    /// Something that is no whole record; nothing behind it can be read. While
    /// the writer runs this may be a record it is just writing.
    Damaged {
        /// Records known to be lost, at least 1.
        records: u32,
    },
}

impl SegmentReader {
    pub(crate) fn open(path: &Path) -> Result<Self, SpoolError> {
        let file = File::options()
            .read(true)
            // a FIFO planted in the folder must not hang us, a link not lead us away
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(path)
            .map_err(SpoolError::io("open", path))?;
        let foreign = |why| SpoolError::Foreign { path: path.to_path_buf(), why };
        let found = file.metadata().map_err(SpoolError::io("look at", path))?;
        if !found.is_file() {
            return Err(foreign("it is no regular file"));
        }
        let mut bytes = [0; HEADER_LEN];
        let len = read_at_most(&file, &mut bytes, 0).map_err(SpoolError::io("read", path))?;
        let header = SegmentHeader::from_bytes(&bytes[..len]).map_err(|wrong| match wrong {
            Ok(version) => SpoolError::Newer { path: path.to_path_buf(), version },
            Err(why) => foreign(why),
        })?;
        let largest = SIZES[SIZES.len() - 1] as u64;
        if header.size > largest || header.size < HEADER_LEN as u64 {
            return Err(foreign("its header names an impossible size"));
        }
        let (path, sums, offset) = (path.to_path_buf(), header.sums(), HEADER_LEN as u64);
        Ok(Self { file, path, header, sums, offset, sequence: 0 })
    }

    /// Who wrote it and when.
    #[must_use]
    pub const fn header(&self) -> &SegmentHeader {
        &self.header
    }

    /// Goes on at `offset`: the [`Raw::end`] of a record read before, or 0 for
    /// the first record.
    pub fn seek(&mut self, offset: u64) {
        self.offset = offset.max(HEADER_LEN as u64);
        self.sequence = 0;
    }

    /// Whether the process that writes this segment still runs. Ask before the
    /// read whose [`Tail::Live`] is to mean the end.
    #[must_use]
    pub fn writer_state(&self) -> WriterState {
        self.header.origin.state()
    }

    /// The number of records, if the writer has sealed the segment.
    #[must_use]
    pub fn sealed_records(&self) -> Option<u64> {
        self.header_word(RECORDS_AT).filter(|records| *records > 0)
    }

    /// Leaves a mark that all records up to the one with this sequence number
    /// are stored, so that if no collector comes back and the flight recorder
    /// overwrites the segment, they do not count as lost. A hint: without it
    /// nothing breaks.
    pub fn mark_stored(&self, sequence: u32) {
        let options = File::options().write(true).custom_flags(libc::O_NOFOLLOW).open(&self.path);
        if let Ok(file) = options
            && sequence > 0
        {
            let _ = file.write_all_at(&u64::from(sequence).to_le_bytes(), STORED_AT as u64);
        }
    }

    /// What the last [`Self::mark_stored`] said; 0 if there was none.
    #[must_use]
    pub fn stored_records(&self) -> u64 {
        self.header_word(STORED_AT).unwrap_or(0)
    }

    /// Whether a read might find more than the last one did: a look at the four
    /// bytes that are written last. What a gone writer left torn does not show.
    #[must_use]
    pub fn has_more(&self) -> bool {
        let mut commit = [0; 4];
        self.file.read_exact_at(&mut commit, self.offset).map_or(true, |()| commit != [0; 4])
    }

    fn header_word(&self, at: usize) -> Option<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, at as u64).ok()?;
        Some(u64::from_le_bytes(bytes))
    }

    /// Reads records from at most `max_bytes` of the file (at least one whole
    /// record's worth) into `buffer` and moves on behind the last.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if the file cannot be read.
    pub fn read<'a>(
        &mut self,
        buffer: &'a mut Vec<u8>,
        max_bytes: usize,
    ) -> Result<Chunk<'a>, SpoolError> {
        let room = self.header.size.saturating_sub(self.offset) as usize;
        let wanted = max_bytes.max(FRAME_LEN + RECORD_MAX + 8).min(room);
        buffer.resize(wanted, 0);
        let len = read_at_most(&self.file, buffer, self.offset)
            .map_err(SpoolError::io("read", &self.path))?;
        let bytes: &'a [u8] = &buffer[..len];
        let reaches_end = len == room;
        let mut records = Vec::new();
        let mut at = 0;
        let tail = loop {
            match self.record_at(bytes, at) {
                Found::Record(payload) => {
                    self.sequence = u32_at(bytes, at + 8);
                    let begin = at + FRAME_LEN;
                    at = next_offset(at, payload.len());
                    let end = self.offset + at as u64;
                    records.push(Raw { payload, at: begin, end, sequence: self.sequence });
                }
                Found::Cut if !reaches_end && len == wanted => break Tail::More,
                Found::Cut | Found::Nothing => break self.after_nothing(bytes, at),
                Found::Seal => break Tail::Sealed,
                Found::Damage => break self.damaged(),
            }
        };
        self.offset += at as u64;
        Ok(Chunk { records, tail })
    }

    fn record_at<'a>(&self, bytes: &'a [u8], at: usize) -> Found<'a> {
        let Some(frame) = bytes.get(at..at + FRAME_LEN) else {
            // a seal is shorter than a frame and may be the last thing in the file
            return match bytes.get(at..at + 4) {
                Some([255, 255, 255, 255]) => Found::Seal,
                _ => Found::Cut,
            };
        };
        let len = match u32_at(frame, 0) {
            0 => return Found::Nothing,
            SEALED => return Found::Seal,
            len if len as usize > RECORD_MAX => return Found::Damage,
            len => len as usize,
        };
        let Some(payload) = bytes.get(at + FRAME_LEN..at + FRAME_LEN + len) else {
            return Found::Cut;
        };
        let sequence = u32_at(frame, 8);
        let follows = self.sequence == 0 || sequence == self.sequence.wrapping_add(1);
        if follows && u32_at(frame, 4) == self.sums.of(sequence, payload) {
            Found::Record(payload)
        } else {
            Found::Damage
        }
    }

    /// No commit word: either nothing was begun here, or a record was begun and
    /// never committed, which shows in the rest of its frame, and in version 1
    /// in the bytes behind.
    fn after_nothing(&self, bytes: &[u8], at: usize) -> Tail {
        let rest = bytes.get(at..).unwrap_or_default();
        let telling = FRAME_LEN + if self.header.version == 1 { RECORD_MAX } else { 0 };
        if rest.iter().take(telling).all(|byte| *byte == 0) { Tail::Live } else { self.damaged() }
    }

    /// How many records the seal says there were and we have not read; at least
    /// the one that is damaged.
    fn damaged(&self) -> Tail {
        let sealed = self.sealed_records().unwrap_or(0);
        let missing = sealed.saturating_sub(u64::from(self.sequence));
        Tail::Damaged { records: u32::try_from(missing).unwrap_or(u32::MAX).max(1) }
    }
}

enum Found<'a> {
    Record(&'a [u8]),
    /// The commit word is zero.
    Nothing,
    Seal,
    /// The bytes end inside it.
    Cut,
    Damage,
}

fn read_at_most(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(more) => done += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::SpoolDir;
    use crate::segment::u64_at;
    use crate::write::{Spool, SpoolConfig};
    use haechi_event::{Log, Record};
    use proptest::prelude::*;

    /// A spool with one segment of `records` logs, and its path.
    fn segment(records: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(SpoolConfig::new(dir.path()));
        for line in 1..=records {
            let log = Log { line, message: "hello", ..Log::default() };
            spool.append(&Record::Log(log)).unwrap();
        }
        let name = SpoolDir::open(dir.path()).unwrap().segments().unwrap().remove(0);
        let path = dir.path().join(name);
        (dir, path)
    }

    fn lines(path: &Path) -> Result<(Vec<u32>, Tail), SpoolError> {
        let mut reader = SegmentReader::open(path)?;
        let (mut lines, mut buffer) = (Vec::new(), Vec::new());
        loop {
            let chunk = reader.read(&mut buffer, 0)?;
            for raw in &chunk.records {
                match Record::decode(raw.payload) {
                    Ok(Record::Log(log)) => lines.push(log.line),
                    other => panic!("{other:?}"),
                }
            }
            if chunk.tail != Tail::More {
                return Ok((lines, chunk.tail));
            }
        }
    }

    #[test]
    fn what_was_appended_is_read_in_order_and_the_end_is_live() {
        let (_dir, path) = segment(300);
        let (found, tail) = lines(&path).unwrap();
        assert_eq!(found, (1..=300).collect::<Vec<_>>());
        assert_eq!(tail, Tail::Live);
    }

    #[test]
    fn a_look_tells_whether_a_read_would_find_more() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(SpoolConfig::new(dir.path()));
        let append = || spool.append(&Record::Log(Log::default())).unwrap();
        append();
        let read = SpoolDir::open(dir.path()).unwrap();
        let mut reader = read.reader(&read.segments().unwrap()[0]).unwrap();
        for _ in 0..3 {
            assert!(reader.has_more());
            assert_eq!(reader.read(&mut Vec::new(), 0).unwrap().records.len(), 1);
            assert!(!reader.has_more());
            append();
        }
    }

    #[test]
    fn a_reader_goes_on_where_another_stopped() {
        let (_dir, path) = segment(5);
        let mut buffer = Vec::new();
        let mut first = SegmentReader::open(&path).unwrap();
        let ends: Vec<u64> =
            first.read(&mut buffer, 0).unwrap().records.iter().map(|raw| raw.end).collect();
        let mut second = SegmentReader::open(&path).unwrap();
        second.seek(ends[2]);
        let mut buffer = Vec::new();
        let rest = second.read(&mut buffer, 0).unwrap().records;
        assert_eq!(rest.iter().map(|raw| raw.sequence).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn cut_at_any_offset_a_segment_gives_all_records_before_the_cut() {
        let (dir, path) = segment(12);
        let whole = std::fs::read(&path).unwrap();
        let (all, _) = lines(&path).unwrap();
        let cut = dir.path().join("cut");
        for end in 0..1500 {
            std::fs::write(&cut, &whole[..end]).unwrap();
            match lines(&cut) {
                Ok((found, _)) => assert_eq!(found, all[..found.len()], "cut at {end}"),
                Err(SpoolError::Foreign { .. }) => assert!(end < HEADER_LEN, "cut at {end}"),
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn every_flipped_header_bit_is_noticed() {
        let (dir, path) = segment(1);
        let whole = std::fs::read(&path).unwrap();
        let flipped = dir.path().join("flipped");
        for bit in 0..96 * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&flipped, &bytes[..4096]).unwrap();
            assert!(SegmentReader::open(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_damaged_record_ends_the_segment_and_says_how_many_are_lost() {
        let (_dir, path) = segment(9);
        let mut bytes = std::fs::read(&path).unwrap();
        let second = HEADER_LEN + next_offset(0, u32_at(&bytes, HEADER_LEN) as usize);
        bytes[second + FRAME_LEN + 3] ^= 0x40;
        bytes[RECORDS_AT] = 9;
        assert_eq!(u64_at(&bytes, RECORDS_AT), 9);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(lines(&path).unwrap(), (vec![1], Tail::Damaged { records: 8 }));
    }

    proptest! {
        #[test]
        fn mutated_segments_never_panic_and_never_invent_records(
            changes in prop::collection::vec((96usize..2000, any::<u8>()), 1..20),
        ) {
            let (_dir, path) = segment(12);
            let mut bytes = std::fs::read(&path).unwrap();
            for (at, value) in changes {
                bytes[at] = value;
            }
            std::fs::write(&path, bytes).unwrap();
            let (found, _) = lines(&path).unwrap();
            prop_assert_eq!(&found[..], &(1..=12).collect::<Vec<_>>()[..found.len()]);
        }
    }
}
