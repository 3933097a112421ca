//! Where the time of a request went: its parts, and queries that repeat.

use crate::wire::{Reader, Writer};
use crate::{EventError, Part};

/// Bytes of an encoded [`Split`] at the most.
pub const SPLIT_MAX: usize = 8 + Part::COUNT * (1 + 8 + 8);
/// Bytes of all encoded [`Repeat`]s of a request.
pub const REPEATS_MAX: usize = 4 * 1024;
/// How often the same query from the same line makes a [`Repeat`].
pub const REPEAT_FROM: u32 = 5;
const NAME_MAX: u16 = 1024;
const FILE_MAX: u16 = 256;

/// Time of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartTime {
    /// Time spent in it and in nothing inside it, wall-clock nanoseconds.
    pub self_ns: u64,
    /// How many times it was entered.
    pub count: u64,
}

/// The parts of a request, or of many added up.
///
/// No moment counts for two parts, so those within the request
/// ([`Part::is_within`]) never take longer than it did; what they leave is
/// [`Self::rest_ns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Split {
    parts: [PartTime; Part::COUNT],
    /// Spans there were.
    pub spans: u32,
    /// Spans of those that are counted here and told nowhere else.
    pub left_out: u32,
}

impl Split {
    /// One part.
    #[must_use]
    pub const fn get(&self, part: Part) -> PartTime {
        self.parts[part.number() as usize]
    }

    /// One part, to be added to.
    pub const fn get_mut(&mut self, part: Part) -> &mut PartTime {
        &mut self.parts[part.number() as usize]
    }

    /// The parts that have something, by their numbers.
    pub fn parts(&self) -> impl Iterator<Item = (Part, PartTime)> {
        let all = Part::ALL.into_iter().zip(self.parts);
        all.filter(|(_, time)| *time != PartTime::default())
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts().next().is_none() && self.spans == 0
    }

    /// The sum of the parts within the request, nanoseconds.
    #[must_use]
    pub fn within_ns(&self) -> u64 {
        let within = self.parts().filter(|(part, _)| part.is_within());
        within.fold(0, |sum, (_, time)| sum.saturating_add(time.self_ns))
    }

    /// What no part explains of a duration, nanoseconds.
    #[must_use]
    pub fn rest_ns(&self, duration_ns: u64) -> u64 {
        duration_ns.saturating_sub(self.within_ns())
    }

    /// Adds another one's times and counts.
    pub fn merge(&mut self, other: &Self) {
        for (mine, more) in self.parts.iter_mut().zip(&other.parts) {
            mine.self_ns = mine.self_ns.saturating_add(more.self_ns);
            mine.count = mine.count.saturating_add(more.count);
        }
        self.spans = self.spans.saturating_add(other.spans);
        self.left_out = self.left_out.saturating_add(other.left_out);
    }

    /// Appends the byte form: spans, those left out (32 bit each), then of each
    /// part with something its number, its time and its count (64 bit each).
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut w = Writer { out };
        w.bytes(&self.spans.to_le_bytes());
        w.bytes(&self.left_out.to_le_bytes());
        for (part, time) in self.parts() {
            w.u8(part.number());
            w.bytes(&time.self_ns.to_le_bytes());
            w.bytes(&time.count.to_le_bytes());
        }
    }

    /// Reads what [`Self::encode`] wrote; no bytes are an empty split.
    ///
    /// # Errors
    /// [`EventError::Truncated`] if the bytes end inside a part.
    pub fn decode(bytes: &[u8]) -> Result<Self, EventError> {
        let mut split = Self::default();
        if bytes.is_empty() {
            return Ok(split);
        }
        let mut r = Reader { rest: bytes };
        split.spans = r.u32("spans")?;
        split.left_out = r.u32("left_out")?;
        while !r.rest.is_empty() {
            let time = split.get_mut(Part::from_number(r.u8("part")?));
            time.self_ns = time.self_ns.saturating_add(r.u64("self_ns")?);
            time.count = time.count.saturating_add(r.u64("count")?);
        }
        Ok(split)
    }
}

/// The same query, five times or more in one request, from one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repeat<'a> {
    /// How many times.
    pub count: u32,
    /// All of them together, nanoseconds.
    pub total_ns: u64,
    /// The query as [`crate::normalise_sql`] makes it.
    pub name: &'a str,
    /// The file of the app that asked; empty if unknown.
    pub file: &'a str,
    /// Line in [`Self::file`]; 0 if unknown.
    pub line: u32,
}

impl Repeat<'_> {
    /// What asking once would save, if that takes as long as one did on average.
    #[must_use]
    pub fn saves_ns(&self) -> u64 {
        self.total_ns - self.total_ns / u64::from(self.count.max(1))
    }
}

/// Collects the [`Repeat`]s of a request; what is past [`REPEATS_MAX`] bytes is
/// left out.
#[derive(Debug, Default)]
pub struct RepeatsWriter {
    bytes: Vec<u8>,
}

impl RepeatsWriter {
    /// Adds one; says whether there was room.
    pub fn push(&mut self, repeat: &Repeat<'_>) -> bool {
        let before = self.bytes.len();
        let mut w = Writer { out: &mut self.bytes };
        w.bytes(&repeat.count.to_le_bytes());
        w.bytes(&repeat.total_ns.to_le_bytes());
        w.bytes(&repeat.line.to_le_bytes());
        w.text(repeat.name, NAME_MAX);
        w.text(repeat.file, FILE_MAX);
        let fits = self.bytes.len() <= REPEATS_MAX;
        if !fits {
            self.bytes.truncate(before);
        }
        fits
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The byte form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The repeats in the order they were given, up to the first damage.
pub fn decode_repeats(bytes: &[u8]) -> impl Iterator<Item = Repeat<'_>> {
    let mut r = Reader { rest: bytes };
    std::iter::from_fn(move || {
        let (count, total_ns) = (r.u32("count").ok()?, r.u64("total_ns").ok()?);
        let (line, name) = (r.u32("line").ok()?, r.text("name").ok()?);
        Some(Repeat { count, total_ns, name, file: r.text("file").ok()?, line })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_byte_form_never_changes() {
        let mut split = Split { spans: 3, left_out: 1, ..Split::default() };
        *split.get_mut(Part::Db) = PartTime { self_ns: 258, count: 2 };
        let mut bytes = Vec::new();
        split.encode(&mut bytes);
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "0300000001000000010201000000000000\
                    0200000000000000"
        );
        let mut repeats = RepeatsWriter::default();
        let repeat = Repeat { count: 5, total_ns: 6, name: "q", file: "f", line: 7 };
        assert!(repeats.push(&repeat));
        let hex: String = repeats.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "05000000060000000000000007000000010071010066");
    }

    #[test]
    fn what_waited_before_the_request_is_no_part_of_its_duration() {
        let mut split = Split::default();
        split.get_mut(Part::Queue).self_ns = 70;
        split.get_mut(Part::Db).self_ns = 30;
        assert_eq!((split.within_ns(), split.rest_ns(100)), (30, 70));
        assert_eq!(split.rest_ns(20), 0);
    }

    #[test]
    fn asking_once_saves_all_but_one() {
        let repeat = Repeat { count: 5, total_ns: 100, ..Repeat::default() };
        assert_eq!(repeat.saves_ns(), 80);
        assert_eq!(Repeat { total_ns: 9, ..Repeat::default() }.saves_ns(), 0);
    }

    #[test]
    fn repeats_past_the_limit_are_left_out() {
        let mut repeats = RepeatsWriter::default();
        let name = "q".repeat(2000);
        let kept = (0..10).filter(|n| {
            let line = *n;
            repeats.push(&Repeat { count: 5, total_ns: 1, name: &name, file: "", line })
        });
        assert_eq!(kept.count(), 3);
        let lines: Vec<u32> = decode_repeats(repeats.as_bytes()).map(|r| r.line).collect();
        assert_eq!(lines, [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            times in prop::collection::vec((0u8..13, any::<u64>(), any::<u64>()), 0..13),
            spans in any::<u32>(),
        ) {
            let mut split = Split { spans, left_out: spans / 2, ..Split::default() };
            for (part, self_ns, count) in times {
                *split.get_mut(Part::from_number(part)) = PartTime { self_ns, count };
            }
            let mut bytes = Vec::new();
            split.encode(&mut bytes);
            prop_assert!(bytes.len() <= SPLIT_MAX);
            prop_assert_eq!(Split::decode(&bytes), Ok(split));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..99)) {
            let _ = Split::decode(&bytes);
            prop_assert!(decode_repeats(&bytes).count() <= bytes.len());
        }
    }
}
