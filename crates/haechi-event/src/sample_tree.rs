//! Where a request was at each sample: a tree of frames with counts.
//!
//! The byte form is kept as it is from the app's process to the answer, so that
//! neither spool nor store needs to know it: a version byte; the number of
//! functions (16 bits), each with its file, its name and whether it is the app's
//! own; how many samples lost their inner frames for want of room (32 bits); the
//! frame of the last sample and one more; the number of frames (16 bits), each
//! with the frame that called it and one more, its function, its line, and how
//! many samples found it innermost, on the processor or not, and on it.

use crate::EventError;
use crate::wire::{Reader, Writer, cut};
use std::collections::HashMap;

/// Bytes of an encoded tree.
pub const TREE_MAX: usize = 24 * 1024;
const VERSION: u8 = 1;
const FILE_MAX: u16 = 256;
const FUNCTION_MAX: u16 = 128;
const NODES_MAX: usize = 640;
const HEAD_LEN: usize = 1 + 2 + 4 + 2 + 2;
const FUNCTION_LEN: usize = 2 + 2 + 1;
const NODE_LEN: usize = 2 + 2 + 4 + 4 + 4;
const NONE: u16 = 0;

/// One frame of a stack that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SampledFrame<'a> {
    /// The file as the program names it.
    pub file: &'a str,
    /// The function.
    pub function: &'a str,
    /// The line it was at; 0 if unknown.
    pub line: u32,
    /// Whether it is the app's own code, not a framework's or library's.
    pub in_app: bool,
}

#[derive(Debug)]
struct Function {
    file: String,
    name: String,
    in_app: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    parent: u16,
    first_child: u16,
    next_sibling: u16,
    function: u16,
    line: u32,
    own: u32,
    running: u32,
}

/// Adds stacks up, in bounded memory. What finds no room any more counts for the
/// innermost frame that has some.
#[derive(Debug, Default)]
pub struct SampleTree {
    functions: Vec<Function>,
    known: HashMap<u64, u16>,
    /// Numbered from 1; 0 is none.
    nodes: Vec<Node>,
    first_root: u16,
    bytes: usize,
    cut_short: u32,
    last: u16,
    samples: u32,
}

impl SampleTree {
    /// Adds one stack, outermost frame first. `running`: the thread used the
    /// processor for most of the time since the sample before.
    pub fn add<'f>(&mut self, stack: impl Iterator<Item = SampledFrame<'f>>, running: bool) {
        let mut at = NONE;
        for frame in stack {
            match self.child(at, &frame) {
                Some(child) => at = child,
                None => {
                    self.cut_short = self.cut_short.saturating_add(1);
                    break;
                }
            }
        }
        let Some(node) = self.node_mut(at) else { return };
        node.own = node.own.saturating_add(1);
        node.running = node.running.saturating_add(u32::from(running));
        self.last = at;
        self.samples = self.samples.saturating_add(1);
    }

    /// How many stacks were added.
    #[must_use]
    pub const fn samples(&self) -> u32 {
        self.samples
    }

    fn node_mut(&mut self, number: u16) -> Option<&mut Node> {
        self.nodes.get_mut(usize::from(number).checked_sub(1)?)
    }

    fn child(&mut self, parent: u16, frame: &SampledFrame<'_>) -> Option<u16> {
        let function = self.function(frame)?;
        let first = match parent {
            NONE => self.first_root,
            parent => self.node_mut(parent)?.first_child,
        };
        let mut next = first;
        while let Some(node) = self.node_mut(next) {
            if (node.function, node.line) == (function, frame.line) {
                return Some(next);
            }
            next = node.next_sibling;
        }
        if self.nodes.len() == NODES_MAX || self.bytes + NODE_LEN > TREE_MAX - HEAD_LEN {
            return None;
        }
        self.bytes += NODE_LEN;
        let new =
            Node { parent, next_sibling: first, function, line: frame.line, ..Node::default() };
        self.nodes.push(new);
        let number = self.nodes.len() as u16;
        match self.node_mut(parent) {
            Some(parent) => parent.first_child = number,
            None => self.first_root = number,
        }
        Some(number)
    }

    fn function(&mut self, frame: &SampledFrame<'_>) -> Option<u16> {
        let file = cut(frame.file, usize::from(FILE_MAX));
        let name = cut(frame.function, usize::from(FUNCTION_MAX));
        let key = hash(file, name);
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let len = FUNCTION_LEN + file.len() + name.len();
        if self.bytes + len + NODE_LEN > TREE_MAX - HEAD_LEN {
            return None;
        }
        self.bytes += len;
        let (file, name) = (file.to_owned(), name.to_owned());
        self.functions.push(Function { file, name, in_app: frame.in_app });
        let number = (self.functions.len() - 1) as u16;
        self.known.insert(key, number);
        Some(number)
    }

    /// The byte form, of at most [`TREE_MAX`] bytes; empty if nothing was added.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.nodes.is_empty() {
            return out;
        }
        out.reserve_exact(HEAD_LEN + self.bytes);
        let mut w = Writer { out: &mut out };
        w.u8(VERSION);
        w.bytes(&(self.functions.len() as u16).to_le_bytes());
        for function in &self.functions {
            w.text(&function.file, FILE_MAX);
            w.text(&function.name, FUNCTION_MAX);
            w.u8(u8::from(function.in_app));
        }
        w.bytes(&self.cut_short.to_le_bytes());
        w.bytes(&self.last.to_le_bytes());
        w.bytes(&(self.nodes.len() as u16).to_le_bytes());
        for node in &self.nodes {
            w.bytes(&node.parent.to_le_bytes());
            w.bytes(&node.function.to_le_bytes());
            w.bytes(&node.line.to_le_bytes());
            w.bytes(&node.own.to_le_bytes());
            w.bytes(&node.running.to_le_bytes());
        }
        out
    }
}

/// FNV-1a of both texts; two functions of one request never meet by chance.
fn hash(file: &str, name: &str) -> u64 {
    let bytes = file.bytes().chain([0xff]).chain(name.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// One place of a [`SampledTree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampledNode<'a> {
    /// The frame that called it, by its index; always a smaller one.
    pub parent: Option<usize>,
    /// The frame.
    pub frame: SampledFrame<'a>,
    /// Samples that found it innermost.
    pub own: u32,
    /// Those of them in which the thread used the processor.
    pub running: u32,
}

/// What [`SampleTree::to_bytes`] gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SampledTree<'a> {
    /// Callers before those they called.
    pub nodes: Vec<SampledNode<'a>>,
    /// The innermost frame of the last sample.
    pub last: Option<usize>,
    /// Samples whose inner frames found no room.
    pub cut_short: u32,
}

/// Reads the byte form of a tree.
///
/// # Errors
/// [`EventError`] if the bytes are no tree this version knows.
pub fn decode_samples(bytes: &[u8]) -> Result<SampledTree<'_>, EventError> {
    let mut tree = SampledTree::default();
    let mut r = Reader { rest: bytes };
    if bytes.is_empty() {
        return Ok(tree);
    }
    match r.u8("tree version")? {
        VERSION => {}
        version => return Err(EventError::UnknownVersion { kind: b'T', version }),
    }
    let mut functions = Vec::new();
    for _ in 0..r.u16("functions")? {
        functions.push((r.text("file")?, r.text("function")?, r.u8("in_app")? != 0));
    }
    tree.cut_short = r.u32("cut_short")?;
    let last = usize::from(r.u16("last")?);
    for number in 0..usize::from(r.u16("frames")?) {
        let parent = usize::from(r.u16("parent")?).checked_sub(1);
        if parent.is_some_and(|parent| parent >= number) {
            return Err(EventError::OutOfRange("parent"));
        }
        let function = functions.get(usize::from(r.u16("function of a frame")?));
        let (file, function, in_app) = *function.ok_or(EventError::OutOfRange("function"))?;
        let frame = SampledFrame { file, function, line: r.u32("line")?, in_app };
        let (own, running) = (r.u32("samples")?, r.u32("running")?);
        tree.nodes.push(SampledNode { parent, frame, own, running });
    }
    tree.last = last.checked_sub(1);
    if tree.last.is_some_and(|last| last >= tree.nodes.len()) {
        return Err(EventError::OutOfRange("last"));
    }
    Ok(tree)
}

#[cfg(test)]
#[path = "sample_tree_tests.rs"]
mod tests;
