//! The layout of a segment file, little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `HAECHSEG` |
//! | 8–9, 10–11 | format version, header length (128) |
//! | 12–15 | lane |
//! | 16–71 | who wrote it: boot id, pid, start time, nonce, pid namespace |
//! | 72–79 | created, Unix nanoseconds |
//! | 80–87 | size of the file |
//! | 88–91 | number of the segment in its lane |
//! | 92–95 | CRC32C of bytes 0–91 |
//! | 96–103 | records, written when the segment is sealed, else 0 |
//! | 104–111 | records a collector has stored, a hint it leaves for the flight recorder |
//! | 112–127 | zero |
//! | 128– | records, each at a multiple of 8 |
//!
//! A record is its frame and its payload. The frame is the commit word (the
//! payload's length, stored last), a checksum and the sequence (1, 2, 3 …). A
//! commit word of all ones seals the segment; a frame of zeros is where the next
//! record will stand.
//!
//! The checksum is the CRC32C of the payload, begun with the header's own (bytes
//! 92–95) with the sequence exclusive-ored into it: what an earlier use of the
//! same file left behind is no record of this one. The writer puts the frame of
//! zeros before it commits the record in front of it, and begins a record with
//! checksum and sequence, so a commit word of zero before anything else is a
//! record that was never finished.
//!
//! Version 1 had the CRC32C of length, sequence and payload, and its files nothing
//! but zeros behind the last record.

use crate::origin::{ORIGIN_LEN, Origin};
use crc32c::{crc32c, crc32c_append};
use haechi_event::RECORD_MAX;

pub(crate) const MAGIC: &[u8; 8] = b"HAECHSEG";
pub(crate) const VERSION: u16 = 2;
/// What a file of each version is read as.
const READABLE: std::ops::RangeInclusive<u16> = 1..=VERSION;
pub(crate) const HEADER_LEN: usize = 128;
pub(crate) const RECORDS_AT: usize = 96;
pub(crate) const STORED_AT: usize = 104;
/// Where the header's own checksum stands.
const HEADER_SUM_AT: usize = 92;
/// Commit word, checksum and sequence.
pub(crate) const FRAME_LEN: usize = 12;
/// Within a frame.
pub(crate) const SUM_AT: usize = 4;
pub(crate) const SEQUENCE_AT: usize = 8;
pub(crate) const SEALED: u32 = u32::MAX;
pub(crate) const ALIGN: usize = 8;
/// The first segment of a lane is small, so that a thread which records little
/// costs little disk; each next is four times as large, up to the last.
pub(crate) const SIZES: [usize; 3] = [64 * 1024, 256 * 1024, 1024 * 1024];
pub(crate) const SUFFIX: &str = ".seg";

const _: () = assert!(HEADER_LEN + FRAME_LEN + RECORD_MAX + 2 * ALIGN <= SIZES[0]);

/// The fixed facts at the beginning of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The process that wrote it.
    pub pid: u32,
    /// Which lane of that process.
    pub lane: u32,
    /// 0, 1, 2 … within the lane.
    pub number: u32,
    /// When it was made, Unix nanoseconds.
    pub created_unix_ns: u64,
    pub(crate) size: u64,
    pub(crate) origin: Origin,
    /// The format version of the file.
    pub(crate) version: u16,
}

impl SegmentHeader {
    pub(crate) fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..8].copy_from_slice(MAGIC);
        out[8..10].copy_from_slice(&self.version.to_le_bytes());
        out[10..12].copy_from_slice(&(HEADER_LEN as u16).to_le_bytes());
        out[12..16].copy_from_slice(&self.lane.to_le_bytes());
        out[16..16 + ORIGIN_LEN].copy_from_slice(&self.origin.to_bytes());
        out[72..80].copy_from_slice(&self.created_unix_ns.to_le_bytes());
        out[80..88].copy_from_slice(&self.size.to_le_bytes());
        out[88..92].copy_from_slice(&self.number.to_le_bytes());
        let sum = crc32c(&out[..HEADER_SUM_AT]);
        out[HEADER_SUM_AT..RECORDS_AT].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// How the checksums of its records are made.
    pub(crate) fn sums(&self) -> Sums {
        match self.version {
            1 => Sums::Plain,
            _ => Sums::Salted(u32_at(&self.to_bytes(), HEADER_SUM_AT)),
        }
    }

    /// Reads a header, or says what is wrong with it; `Err(Ok(version))` is one
    /// that a newer program wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Result<u16, &'static str>> {
        let Some(bytes) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(Err("it is shorter than a header"));
        };
        if &bytes[..8] != MAGIC {
            return Err(Err("it does not begin like a segment"));
        }
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if u32_at(bytes, HEADER_SUM_AT) != crc32c(&bytes[..HEADER_SUM_AT]) {
            return Err(Err("its header is damaged"));
        }
        if !READABLE.contains(&version) {
            return Err(Ok(version));
        }
        let mut origin = [0; ORIGIN_LEN];
        origin.copy_from_slice(&bytes[16..16 + ORIGIN_LEN]);
        let origin = Origin::from_bytes(&origin);
        Ok(Self {
            pid: origin.pid,
            lane: u32_at(bytes, 12),
            number: u32_at(bytes, 88),
            created_unix_ns: u64_at(bytes, 72),
            size: u64_at(bytes, 80),
            origin,
            version,
        })
    }

    /// Sorts by time, then tells processes, lanes and segments apart.
    pub(crate) fn file_name(&self) -> String {
        let Self { created_unix_ns, pid, lane, number, origin, .. } = self;
        format!("{created_unix_ns:020}-{pid}-{:016x}-{lane}-{number}{SUFFIX}", origin.nonce)
    }
}

/// Where the record after one with this payload begins.
#[inline]
pub(crate) const fn next_offset(offset: usize, payload: usize) -> usize {
    (offset + FRAME_LEN + payload).next_multiple_of(ALIGN)
}

/// How the checksums of a segment's records are made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sums {
    /// As in version 1.
    Plain,
    /// Begun with the CRC32C of the header.
    Salted(u32),
}

impl Sums {
    /// The checksum of a record.
    #[inline]
    pub(crate) fn of(self, sequence: u32, payload: &[u8]) -> u32 {
        match self {
            Self::Plain => {
                let lead = u64::from(sequence) << 32 | payload.len() as u64;
                crc32c_append(crc32c(&lead.to_le_bytes()), payload)
            }
            // a single call: in three, for thirds side by side, it was slower
            Self::Salted(salt) => crc32c_append(salt ^ sequence, payload),
        }
    }
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_bit_of_a_record_and_every_other_header_change_its_checksum() {
        let payload: Vec<u8> = (0..=255).collect();
        for len in [0, 1, 23, 24, 47, 48, 200, 256] {
            let payload = &payload[..len];
            let sum = Sums::Salted(7).of(3, payload);
            assert_ne!(sum, Sums::Salted(8).of(3, payload));
            assert_ne!(sum, Sums::Salted(7).of(4, payload));
            for bit in 0..len * 8 {
                let mut changed = payload.to_vec();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(sum, Sums::Salted(7).of(3, &changed), "bit {bit} of {len} bytes");
            }
        }
    }
}
