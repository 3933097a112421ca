use super::numbers::rounded;
use super::{Ask, Moment};
use crate::ServerError;
use haechi_event::{RequestId, SampledFrame, SampledTree, decode_samples};
use haechi_store::StoredSamples;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Where a slow request was each time it was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct SamplesRow {
    /// When it was told.
    pub time: Moment,
    /// Why: `ended`, `long` (it has been running for 30 s), `asked`.
    pub occasion: &'static str,
    /// Why less was seen than there was to see: `elsewhere` (its thread ran
    /// something else at some looks: it waited as a greenlet or a task, or for who
    /// reads the answer), `lock` (the interpreter's lock was not given), `memory`
    /// (the process is near its limit), `busy` (too many were slow at once),
    /// `length` (only its first two minutes were looked at); null if all was seen.
    pub unseen: Option<&'static str>,
    /// From one look to the next.
    pub interval_ms: u32,
    /// How often it was looked at.
    pub looks: u32,
    /// How often it was found on the stack of its thread.
    pub samples: u32,
    /// Samples in which its thread used the processor; in the others it waited.
    pub running: u32,
    /// The age of the request at the first look.
    pub from_ms: u32,
    /// The age of the request at the last look.
    pub to_ms: u32,
    /// What the looks waited for the interpreter's lock in all.
    pub lock_wait_ms: f64,
    /// The longest of these waits.
    pub lock_wait_max_ms: f64,
    /// Where most samples were, in the app's own code if any of it was there; null
    /// without samples.
    pub top: Option<TopLine>,
    /// A frame of the flame graph each, callers before those they called.
    pub frames: Vec<SampledFrameRow>,
    /// The innermost frame of the last sample, by its place in `frames`.
    pub last: Option<usize>,
    /// Samples whose inner frames were left out for want of room.
    pub cut_short: u32,
}

/// The line most samples were at.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopLine {
    /// The file as the program names it.
    pub file: String,
    /// The function.
    pub function: String,
    /// Line in the file; null if unknown.
    pub line: Option<u32>,
    /// Whether it is the app's own code.
    pub in_app: bool,
    /// Part of the samples, 0 to 1.
    pub share: f64,
    /// Part of those in which its thread used the processor, 0 to 1; in the others
    /// it waited.
    pub running: f64,
    /// What the line called when it was seen most; null if that is itself.
    pub inside: Option<String>,
}

/// A frame of a flame graph.
#[derive(Debug, Serialize, ToSchema)]
pub struct SampledFrameRow {
    /// The frame that called it, by its place in the list; null for an outermost.
    pub parent: Option<usize>,
    /// The file as the program names it.
    pub file: String,
    /// The function.
    pub function: String,
    /// Line in the file; null if unknown.
    pub line: Option<u32>,
    /// Whether it is the app's own code, not a framework's or library's.
    pub in_app: bool,
    /// Samples that found it, with all it called.
    pub samples: u32,
    /// Samples that found it innermost.
    pub own: u32,
    /// Samples that found it, in which the thread used the processor.
    pub running: u32,
}

impl Ask {
    /// What was told last of where a slow request was.
    pub(super) fn samples_of(&self, id: RequestId) -> Result<Option<SamplesRow>, ServerError> {
        Ok(self.store.samples(id)?.map(|stored| SamplesRow::from(&stored)))
    }
}

impl From<&StoredSamples> for SamplesRow {
    fn from(stored: &StoredSamples) -> Self {
        // what a damaged tree held is not there; the rest is told
        let tree = decode_samples(&stored.tree).unwrap_or_default();
        let ms = |us: u64| rounded(us as f64 / 1e3);
        let unseen = stored.unseen;
        Self {
            time: Moment::from_ms(stored.time_unix_ms),
            occasion: stored.occasion.name(),
            unseen: (unseen != haechi_event::Unseen::None).then(|| unseen.name()),
            interval_ms: stored.interval_ms,
            looks: stored.looks,
            samples: stored.samples,
            running: sum(tree.nodes.iter().map(|node| node.running)),
            from_ms: stored.from_ms,
            to_ms: stored.to_ms,
            lock_wait_ms: ms(stored.lock_wait_us),
            lock_wait_max_ms: ms(stored.lock_wait_max_us),
            top: top(&tree),
            frames: frames(&tree),
            last: tree.last,
            cut_short: tree.cut_short,
        }
    }
}

fn sum(numbers: impl Iterator<Item = u32>) -> u32 {
    numbers.fold(0, u32::saturating_add)
}

fn frames(tree: &SampledTree<'_>) -> Vec<SampledFrameRow> {
    let row = |node: &haechi_event::SampledNode<'_>| SampledFrameRow {
        parent: node.parent,
        file: node.frame.file.to_owned(),
        function: node.frame.function.to_owned(),
        line: (node.frame.line > 0).then_some(node.frame.line),
        in_app: node.frame.in_app,
        samples: node.own,
        own: node.own,
        running: node.running,
    };
    let mut rows: Vec<_> = tree.nodes.iter().map(row).collect();
    // those that were called come after their callers
    for at in (0..rows.len()).rev() {
        if let Some(parent) = rows[at].parent {
            let (samples, running) = (rows[at].samples, rows[at].running);
            rows[parent].samples = rows[parent].samples.saturating_add(samples);
            rows[parent].running = rows[parent].running.saturating_add(running);
        }
    }
    rows
}

#[derive(Default)]
struct Blamed<'a> {
    samples: u32,
    running: u32,
    inside: HashMap<&'a str, u32>,
}

/// Every sample counts for its innermost frame in the app's own code, or for the
/// innermost at all.
fn top(tree: &SampledTree<'_>) -> Option<TopLine> {
    let mut blamed: HashMap<SampledKey<'_>, Blamed<'_>> = HashMap::new();
    let mut samples = 0_u32;
    for (at, node) in tree.nodes.iter().enumerate().filter(|(_, node)| node.own > 0) {
        let mut own = Some(at);
        while let Some(here) = own.filter(|here| !tree.nodes[*here].frame.in_app) {
            own = tree.nodes[here].parent;
        }
        let frame = tree.nodes[own.unwrap_or(at)].frame;
        let line = blamed.entry(SampledKey::of(&frame)).or_default();
        line.samples = line.samples.saturating_add(node.own);
        line.running = line.running.saturating_add(node.running);
        if own.is_some_and(|own| own != at) {
            *line.inside.entry(node.frame.function).or_default() += node.own;
        }
        samples = samples.saturating_add(node.own);
    }
    // of equal ones the same each time
    let (key, line) = blamed.into_iter().max_by(|(a, one), (b, other)| {
        (one.samples, a.file, a.line).cmp(&(other.samples, b.file, b.line))
    })?;
    let inside = line.inside.iter().max_by_key(|(name, times)| (**times, **name));
    let share = |part: u32, of: u32| (f64::from(part) / f64::from(of.max(1)) * 1e4).round() / 1e4;
    Some(TopLine {
        file: key.file.to_owned(),
        function: key.function.to_owned(),
        line: (key.line > 0).then_some(key.line),
        in_app: key.in_app,
        share: share(line.samples, samples),
        running: share(line.running, line.samples),
        inside: inside
            .filter(|(_, times)| **times * 2 > line.samples)
            .map(|(n, _)| (*n).to_owned()),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct SampledKey<'a> {
    file: &'a str,
    function: &'a str,
    line: u32,
    in_app: bool,
}

impl<'a> SampledKey<'a> {
    const fn of(frame: &SampledFrame<'a>) -> Self {
        Self { file: frame.file, function: frame.function, line: frame.line, in_app: frame.in_app }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haechi_event::{Occasion, SampleTree, Unseen};

    const fn frame<'a>(file: &'a str, function: &'a str, line: u32) -> SampledFrame<'a> {
        SampledFrame { file, function, line, in_app: file.len() < 12 }
    }

    #[test]
    fn a_library_counts_for_the_line_of_the_app_that_called_it() {
        let mut tree = SampleTree::default();
        let (index, db) = (frame("default.py", "index", 5), frame("db.py", "get_user", 41));
        let library = frame("site-packages/x.py", "execute", 900);
        for _ in 0..5 {
            tree.add([library, index, db, library].into_iter(), false);
        }
        tree.add([library, index].into_iter(), true);
        tree.add([library].into_iter(), false);
        let stored = StoredSamples {
            occasion: Occasion::Ended,
            unseen: Unseen::Elsewhere,
            samples: 7,
            looks: 9,
            tree: tree.to_bytes(),
            ..StoredSamples::default()
        };
        let row = SamplesRow::from(&stored);
        let top = row.top.unwrap();
        assert_eq!((&*top.file, &*top.function, top.line), ("db.py", "get_user", Some(41)));
        assert_eq!((top.share, top.running, top.inside.as_deref()), (0.7143, 0.0, Some("execute")));
        let counts: Vec<_> = row.frames.iter().map(|f| (f.parent, f.samples, f.own)).collect();
        assert_eq!(counts, [(None, 7, 1), (Some(0), 6, 1), (Some(1), 5, 0), (Some(2), 5, 5)]);
        assert_eq!((row.running, row.unseen, row.last), (1, Some("elsewhere"), Some(0)));
    }

    #[test]
    fn a_damaged_tree_leaves_the_numbers() {
        let stored = StoredSamples { looks: 3, tree: vec![9; 40], ..StoredSamples::default() };
        let row = SamplesRow::from(&stored);
        assert_eq!((row.looks, row.frames.len(), row.unseen), (3, 0, None));
        assert!(row.top.is_none());
    }
}
