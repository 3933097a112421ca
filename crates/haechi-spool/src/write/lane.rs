use super::budget::Oldest;
use super::files::Mapped;
use super::frame::{self, Place};
use super::warm::Warm;
use crate::segment::{FRAME_LEN, HEADER_LEN, RECORDS_AT, SEALED, SegmentHeader, Sums, next_offset};
use haechi_event::{IdLane, RECORD_MAX};
use std::sync::atomic::Ordering;

/// A segment being written, by one thread at a time.
#[derive(Debug)]
pub(super) struct OpenSegment {
    file: Mapped,
    offset: usize,
    sequence: u32,
    sums: Sums,
    /// Pages before this offset have been brought in.
    populated: usize,
}

/// Bytes that are brought in at once: some two hundred usual records.
const POPULATE: usize = 64 * 1024;

/// Bytes of a cache line, and of a usual record behind the line its frame begins
/// in, which has been written to already.
const LINE: usize = 64;
const NEXT_RECORD: usize = 192;

impl OpenSegment {
    /// A segment whose header and first, empty frame are in the map; of which
    /// the pages before `populated` have been touched.
    pub(super) const fn new(file: Mapped, sums: Sums, populated: usize) -> Self {
        Self { file, offset: HEADER_LEN, sequence: 0, sums, populated }
    }

    #[cold]
    fn populate(&mut self) {
        self.file.map.populate(self.populated, self.populated + POPULATE);
        self.populated += POPULATE;
    }

    /// Appends one record; `false` if it does not fit, and nothing was written.
    #[inline]
    pub(super) fn append(&mut self, payload: &[u8]) -> bool {
        let next = next_offset(self.offset, payload.len());
        // the seal needs room behind the last record
        if payload.len() > RECORD_MAX || next + size_of::<u32>() > self.file.map.len() {
            return false;
        }
        if next > self.populated {
            self.populate();
        }
        self.sequence += 1;
        let Self { file, sums, sequence, offset: at, .. } = self;
        // of what was written last, and is at hand: the segment's pages are not
        let sum = sums.of(*sequence, payload);
        let place = Place { at: *at, len: payload.len() as u32, next, sequence: *sequence, sum };
        frame::put(&file.map, place, || {
            // SAFETY: these bytes are behind the last commit word, and only the
            // thread that holds this lane by `&mut` writes to its segment.
            unsafe { file.map.put(*at + FRAME_LEN, payload) };
        });
        self.file.map.expect_writes(next + LINE, NEXT_RECORD);
        self.offset = next;
        true
    }

    /// Tells readers that no more will come; what is left is no longer written.
    pub(super) fn seal(self) -> Mapped {
        self.file.map.word(RECORDS_AT).store(u64::from(self.sequence).to_le(), Ordering::Relaxed);
        self.file.map.half(self.offset).store(SEALED, Ordering::Release);
        self.file
    }
}

/// A chain of segments and what one thread needs besides: ids and a buffer.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) header: SegmentHeader,
    pub(super) segment: Option<OpenSegment>,
    /// Full segments that are still mapped, in case their files come back.
    pub(super) warm: Warm,
    /// What is known of the spool's oldest segments.
    pub(super) oldest: Oldest,
    pub(super) ids: IdLane,
    pub(super) buffer: Vec<u8>,
    /// When something that is only sampled was measured last.
    pub(super) sampled_ns: u64,
    /// Route slots of the scoreboard this lane has used.
    pub(super) routes: crate::board::RouteCache,
}

impl Lane {
    /// Writes what stands in the buffer to the open segment.
    #[inline]
    pub(super) fn flush(&mut self) -> bool {
        let Self { segment, buffer, .. } = self;
        segment.as_mut().is_some_and(|segment| segment.append(buffer))
    }
}
