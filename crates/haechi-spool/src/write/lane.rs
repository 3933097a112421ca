use crate::map::Map;
use crate::segment::{
    FRAME_LEN, HEADER_LEN, RECORDS_AT, SEALED, SegmentHeader, checksum, next_offset,
};
use haechi_event::{IdLane, RECORD_MAX};
use std::sync::atomic::Ordering;

/// A segment being written, by one thread at a time.
#[derive(Debug)]
pub(super) struct OpenSegment {
    map: Map,
    offset: usize,
    sequence: u32,
    /// Pages before this offset have been brought in.
    populated: usize,
}

/// Bytes that are brought in at once: some two hundred usual records.
const POPULATE: usize = 64 * 1024;

impl OpenSegment {
    pub(super) const fn new(map: Map) -> Self {
        Self { map, offset: HEADER_LEN, sequence: 0, populated: 0 }
    }

    #[cold]
    fn populate(&mut self) {
        self.map.populate(self.populated, self.populated + POPULATE);
        self.populated += POPULATE;
    }

    /// Appends one record; `false` if it does not fit, and nothing was written.
    #[inline]
    pub(super) fn append(&mut self, payload: &[u8]) -> bool {
        let end = next_offset(self.offset, payload.len());
        // the seal needs room behind the last record
        if payload.len() > RECORD_MAX || end + size_of::<u32>() > self.map.len() {
            return false;
        }
        if end > self.populated {
            self.populate();
        }
        self.sequence += 1;
        let mut lead = [0; 8];
        lead[..4].copy_from_slice(&checksum(self.sequence, payload).to_le_bytes());
        lead[4..].copy_from_slice(&self.sequence.to_le_bytes());
        // SAFETY: these bytes are behind the last commit word, and only the
        // thread that holds this lane by `&mut` writes to its segment.
        unsafe {
            self.map.put(self.offset + 4, &lead);
            self.map.put(self.offset + FRAME_LEN, payload);
        }
        // readers believe the record only once this is there
        let len = payload.len() as u32;
        self.map.half(self.offset).store(len.to_le(), Ordering::Release);
        self.offset = end;
        true
    }

    /// Tells readers that no more will come.
    pub(super) fn seal(self) {
        self.map.word(RECORDS_AT).store(u64::from(self.sequence).to_le(), Ordering::Relaxed);
        self.map.half(self.offset).store(SEALED, Ordering::Release);
    }
}

/// A chain of segments and what one thread needs besides: ids and a buffer.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) header: SegmentHeader,
    pub(super) segment: Option<OpenSegment>,
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
