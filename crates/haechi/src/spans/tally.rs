use super::{SpanEnd, Timed};
use haechi_event::{Part, REPEAT_FROM, Repeat, RepeatsWriter, Span};

/// Different spans of one request that are counted.
const MOST: usize = 64;

/// What makes two spans the same.
pub(crate) struct Key<'a> {
    pub(crate) part: Part,
    pub(crate) name: &'a str,
    pub(crate) file: &'a str,
    pub(crate) line: u32,
}

impl Key<'_> {
    fn hash(&self) -> u64 {
        let seed = u64::from(self.line) << 8 | u64::from(self.part.number());
        let mut hash = mix(0, seed);
        for text in [self.name, self.file] {
            hash = mix(hash, text.len() as u64);
            let mut chunks = text.as_bytes().chunks_exact(8);
            for chunk in &mut chunks {
                hash = mix(hash, chunk.try_into().map_or(0, u64::from_le_bytes));
            }
            for byte in chunks.remainder() {
                hash = mix(hash, u64::from(*byte));
            }
        }
        hash
    }
}

const fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// Spans that are the same.
#[derive(Debug, Default)]
struct Same {
    hash: u64,
    part: Part,
    name: String,
    file: String,
    line: u32,
    count: u32,
    total_ns: u64,
    /// Of those that are not told one by one.
    folded: Folded,
}

#[derive(Debug, Default, Clone, Copy)]
struct Folded {
    id: u32,
    parent: u32,
    count: u32,
    start_ns: u64,
    duration_ns: u64,
    rows: Option<u64>,
    failed: bool,
}

/// Counts the spans of a request that are the same.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The first `used` are of this request; the others keep their memory.
    all: Vec<Same>,
    used: usize,
    repeats: RepeatsWriter,
}

impl Tally {
    pub(crate) fn clear(&mut self) {
        self.used = 0;
        self.repeats.clear();
    }

    /// Counts a span; `fold` if it is not told by itself. `false` if there was
    /// no room.
    pub(crate) fn count(
        &mut self,
        key: &Key<'_>,
        timed: &Timed,
        end: &SpanEnd<'_>,
        fold: bool,
    ) -> bool {
        let hash = key.hash();
        let found = self.all[..self.used].iter().position(|same| same.hash == hash);
        let Some(at) = found.or_else(|| self.add(hash, key)) else { return false };
        let same = &mut self.all[at];
        same.count = same.count.saturating_add(1);
        same.total_ns = same.total_ns.saturating_add(timed.duration_ns);
        if fold {
            let folded = &mut same.folded;
            if folded.count == 0 {
                let Timed { id, parent, start_ns, .. } = *timed;
                *folded = Folded { id, parent, start_ns, ..Folded::default() };
            }
            folded.count = folded.count.saturating_add(1);
            folded.duration_ns = folded.duration_ns.saturating_add(timed.duration_ns);
            folded.failed |= end.failed;
            if let Some(rows) = end.rows {
                folded.rows = Some(folded.rows.unwrap_or_default().saturating_add(rows));
            }
        }
        true
    }

    fn add(&mut self, hash: u64, key: &Key<'_>) -> Option<usize> {
        if self.used == MOST {
            return None;
        }
        if self.used == self.all.len() {
            self.all.push(Same::default());
        }
        let same = &mut self.all[self.used];
        same.hash = hash;
        same.part = key.part;
        key.name.clone_into(&mut same.name);
        key.file.clone_into(&mut same.file);
        same.line = key.line;
        (same.count, same.total_ns, same.folded) = (0, 0, Folded::default());
        self.used += 1;
        Some(self.used - 1)
    }

    /// Looks for queries that repeat; what costs most comes first.
    pub(crate) fn find_repeats(&mut self) {
        let Self { all, used, repeats } = self;
        let is_one = |same: &Same| same.part == Part::Db && same.count >= REPEAT_FROM;
        repeats.clear();
        if !all[..*used].iter().any(is_one) {
            return;
        }
        let mut found: Vec<&Same> = all[..*used].iter().filter(|same| is_one(same)).collect();
        found.sort_by_key(|same| std::cmp::Reverse(same.total_ns));
        for Same { count, total_ns, name, file, line, .. } in found {
            let (count, total_ns, line) = (*count, *total_ns, *line);
            repeats.push(&Repeat { count, total_ns, name, file, line });
        }
    }

    pub(crate) fn repeats_bytes(&self) -> &[u8] {
        self.repeats.as_bytes()
    }

    /// The spans that stand for those that are not told one by one.
    pub(crate) fn folded(&self, mut tell: impl FnMut(Span<'_>)) {
        for same in self.all[..self.used].iter().filter(|same| same.folded.count > 0) {
            let Folded { id, parent, count, start_ns, duration_ns, rows, failed } = same.folded;
            tell(Span {
                id,
                parent,
                part: same.part,
                failed,
                count,
                start_ns,
                duration_ns,
                rows,
                line: same.line,
                name: &same.name,
                file: &same.file,
                ..Span::default()
            });
        }
    }
}
