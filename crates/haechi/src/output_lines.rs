//! Whole lines out of the pieces a program prints: `print("a", end="")` is two
//! pieces and no line, a traceback is one event of many lines. A private key is
//! one, too: line by line nothing would tell that it is a secret.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, TryLockError};

/// Bytes of a line that wait for its end.
const LINE_MAX: usize = 8 * 1024;
/// Bytes of a traceback that wait for its last line.
const TRACEBACK_MAX: usize = 16 * 1024;
/// Writers with an unfinished line.
const WRITERS_MAX: usize = 64;
/// Lines of one piece that are told one by one.
const LINES_OF_A_PIECE: usize = 1000;
/// Bytes of a private key that wait for its last line: one of 16,384 bits has 13,000.
const KEY_MAX: usize = 16 * 1024;
const KEY_BEGINS: &str = "-----BEGIN ";
const KEY_ENDS: &str = "-----END ";
const TRACEBACK: &str = "Traceback (most recent call last):";

/// What was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLine<'a> {
    /// One line, without its end. Of a traceback the last, of a private key all.
    pub text: &'a str,
    /// The whole traceback; empty for any other line.
    pub traceback: &'a str,
}

/// The unfinished lines of one stream. `T` says where a line was begun.
///
/// Whoever writes (a request, a thread) has a line of its own, so that pieces of
/// two are not mixed. Empty lines are left out; of a line that was overwritten by
/// `\r` the last state counts. Bounded: 64 writers of 8 KiB, or 16 in a traceback or key.
#[derive(Debug, Default)]
pub struct OutputLines<T> {
    waiting: Mutex<HashMap<u64, Waiting<T>>>,
    /// Whether anything may wait, so that the end of a request costs nothing.
    is_used: AtomicBool,
}

#[derive(Debug)]
struct Waiting<T> {
    open: Open,
    line: String,
    begun: T,
}

/// Whole lines of an event that has not ended.
#[derive(Debug, Default)]
struct Open {
    /// Lines of a traceback, with their ends.
    traceback: String,
    /// Lines of a private key.
    key: String,
}

impl Open {
    const fn is_empty(&self) -> bool {
        self.traceback.is_empty() && self.key.is_empty()
    }
}

impl<T: Clone> OutputLines<T> {
    /// Takes a piece of text from `writer` and tells every line that is whole
    /// with it. Nothing is locked meanwhile.
    pub fn push(
        &self,
        writer: u64,
        piece: &str,
        begun: &T,
        mut tell: impl FnMut(&T, OutputLine<'_>),
    ) {
        let Some(last_end) = piece.rfind('\n') else {
            return self.wait(writer, piece, begun, tell);
        };
        let before = self.take(writer);
        let mut open = Open::default();
        let (whole, rest) = (&piece[..last_end], &piece[last_end + 1..]);
        let mut lines = whole.split('\n');
        if let Some(before) = before {
            open = before.open;
            let mut first = before.line;
            first.push_str(lines.next().unwrap_or_default());
            told(begun, &first, &mut open, &mut tell);
        }
        for line in lines.by_ref().take(LINES_OF_A_PIECE) {
            told(begun, line, &mut open, &mut tell);
        }
        let more = lines.count();
        if more > 0 {
            tell(begun, OutputLine { text: &format!("… {more} more lines"), traceback: "" });
        }
        if !open.is_empty() || !rest.is_empty() {
            self.keep(writer, Waiting { open, line: String::new(), begun: begun.clone() });
            self.wait(writer, rest, begun, tell);
        }
    }

    /// Tells what `writer` left unfinished.
    pub fn end(&self, writer: u64, mut tell: impl FnMut(&T, OutputLine<'_>)) {
        if !self.is_used.load(Ordering::Relaxed) {
            return;
        }
        if let Some(left) = self.take(writer) {
            left.tell(&mut tell);
        }
    }

    /// Tells what all writers left unfinished.
    pub fn end_all(&self, mut tell: impl FnMut(&T, OutputLine<'_>)) {
        let all = self.with(mem::take).unwrap_or_default();
        all.into_values().for_each(|left| left.tell(&mut tell));
    }

    /// Adds to the line of `writer`; a line that is too long is told as it is.
    fn wait(&self, writer: u64, piece: &str, begun: &T, mut tell: impl FnMut(&T, OutputLine<'_>)) {
        if piece.is_empty() {
            return;
        }
        let mut left = self.take(writer).unwrap_or_else(|| Waiting {
            open: Open::default(),
            line: String::new(),
            begun: begun.clone(),
        });
        left.line.push_str(piece);
        if left.line.len() > LINE_MAX {
            left.line = seen(&left.line).to_owned();
        }
        if left.line.len() > LINE_MAX {
            left.tell(&mut tell);
            return;
        }
        if let Some(surplus) = self.keep(writer, left) {
            surplus.tell(&mut tell);
        }
    }

    /// Keeps what waits; gives back that of another writer if there are too many.
    fn keep(&self, writer: u64, left: Waiting<T>) -> Option<Waiting<T>> {
        self.with(|waiting| {
            let surplus = (waiting.len() >= WRITERS_MAX)
                .then(|| waiting.keys().find(|key| **key != writer).copied())
                .flatten();
            let surplus = surplus.and_then(|key| waiting.remove(&key));
            waiting.insert(writer, left);
            self.is_used.store(true, Ordering::Relaxed);
            surplus
        })?
    }

    fn take(&self, writer: u64) -> Option<Waiting<T>> {
        self.with(|waiting| {
            let left = waiting.remove(&writer);
            self.is_used.store(!waiting.is_empty(), Ordering::Relaxed);
            left
        })?
    }

    /// Never waits: whoever holds it may be a thread that a fork left behind.
    fn with<R>(&self, work: impl FnOnce(&mut HashMap<u64, Waiting<T>>) -> R) -> Option<R> {
        match self.waiting.try_lock() {
            Ok(mut waiting) => Some(work(&mut waiting)),
            Err(TryLockError::Poisoned(poisoned)) => Some(work(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl<T> Waiting<T> {
    fn tell(mut self, tell: &mut impl FnMut(&T, OutputLine<'_>)) {
        let line = mem::take(&mut self.line);
        told(&self.begun, &line, &mut self.open, tell);
        end_traceback(&self.begun, &mut self.open.traceback, tell);
        end_key(&self.begun, &mut self.open.key, tell);
    }
}

/// One whole line: told, or added to the traceback or key it belongs to.
fn told<T>(begun: &T, line: &str, open: &mut Open, tell: &mut impl FnMut(&T, OutputLine<'_>)) {
    let line = seen(line);
    let Open { traceback, key } = open;
    if !key.is_empty() {
        key.push('\n');
        key.push_str(line);
        if line.contains(KEY_ENDS) || key.len() > KEY_MAX {
            end_key(begun, key, tell);
        }
        return;
    }
    let begins = traceback.is_empty() && line == TRACEBACK;
    if begins || !traceback.is_empty() && !line.is_empty() {
        if traceback.len() + line.len() < TRACEBACK_MAX {
            traceback.push_str(line);
            traceback.push('\n');
        }
        if !begins && !line.starts_with(' ') {
            tell(begun, OutputLine { text: line, traceback: traceback.trim_end() });
            traceback.clear();
            *key = key_begun(line).unwrap_or_default().to_owned();
        }
        return;
    }
    end_traceback(begun, traceback, tell);
    if key_begun(line).is_some() {
        line.clone_into(key);
        return;
    }
    if !line.trim().is_empty() {
        tell(begun, OutputLine { text: line, traceback: "" });
    }
}

/// The part of a line from which a private key goes on in the next one.
fn key_begun(line: &str) -> Option<&str> {
    let key = &line[line.rfind(KEY_BEGINS)?..];
    (key.contains("PRIVATE KEY") && !key.contains(KEY_ENDS)).then_some(key)
}

fn end_key<T>(begun: &T, key: &mut String, tell: &mut impl FnMut(&T, OutputLine<'_>)) {
    let whole = mem::take(key);
    if !whole.is_empty() {
        tell(begun, OutputLine { text: whole.trim_end(), traceback: "" });
    }
}

/// A traceback that was left without its last line.
fn end_traceback<T>(begun: &T, traceback: &mut String, tell: &mut impl FnMut(&T, OutputLine<'_>)) {
    let whole = mem::take(traceback);
    let whole = whole.trim_end();
    if let Some(text) = whole.lines().last() {
        tell(begun, OutputLine { text, traceback: whole });
    }
}

/// What a terminal would show of a line: nothing before a carriage return.
fn seen(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    line.rfind('\r').map_or(line, |at| &line[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(pieces: &[(u64, &str)]) -> Vec<String> {
        let lines = OutputLines::default();
        let mut out = Vec::new();
        let mut tell = |begun: &u64, line: OutputLine<'_>| {
            let more = line.traceback.lines().count();
            let traceback = if more > 0 { format!(" ({more})") } else { String::new() };
            out.push(format!("{begun} {}{traceback}", line.text));
        };
        for (writer, piece) in pieces {
            lines.push(*writer, piece, writer, &mut tell);
        }
        lines.end_all(&mut tell);
        out
    }

    #[test]
    fn pieces_become_the_lines_that_were_printed() {
        let pieces = [(1, "a"), (1, " "), (1, "b"), (1, "\n"), (1, "c\nd\n\ne"), (1, "f\n")];
        assert_eq!(all(&pieces), ["1 a b", "1 c", "1 d", "1 ef"]);
    }

    #[test]
    fn writers_are_not_mixed_and_an_unfinished_line_is_told_at_the_end() {
        let pieces = [(1, "one "), (2, "two "), (1, "1\n"), (2, "2\n"), (1, "left")];
        assert_eq!(all(&pieces), ["1 one 1", "2 two 2", "1 left"]);
    }

    #[test]
    fn a_line_that_is_overwritten_counts_as_it_was_last() {
        let pieces = [(1, "10%\r"), (1, "20%\r"), (1, "\r100%"), (1, "\n"), (1, "windows\r\n")];
        assert_eq!(all(&pieces), ["1 100%", "1 windows"]);
        let bar = "\r50 %".repeat(4000);
        assert_eq!(all(&[(1, &bar), (1, "\rdone\n")]), ["1 done"]);
    }

    #[test]
    fn a_traceback_is_one_event() {
        let text = "Exception in thread T:\nTraceback (most recent call last):\n  File \"a\"\n    \
                    f()\n    ^^^\nValueError: x\nnext\n";
        let expected = ["1 Exception in thread T:", "1 ValueError: x (5)", "1 next"];
        assert_eq!(all(&[(1, text)]), expected);
        let pieces: Vec<_> = text.split_inclusive(' ').map(|piece| (1, piece)).collect();
        assert_eq!(all(&pieces), expected);
        let torn = "Traceback (most recent call last):\n  File \"a\"\n";
        assert_eq!(all(&[(1, torn)]), ["1   File \"a\" (2)"]);
    }

    #[test]
    fn a_private_key_is_one_event() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAAAA\n-----END RSA PRIVATE KEY-----";
        let text = format!("with {key} x\nnext\n");
        let expected = [format!("1 with {key} x"), "1 next".to_owned()];
        assert_eq!(all(&[(1, &text)]), expected);
        let pieces: Vec<_> = text.split_inclusive('\n').map(|piece| (1, piece)).collect();
        assert_eq!(all(&pieces), expected);
        let raised = format!("{TRACEBACK}\n  File \"a\"\nE: not {key}\nnext\n");
        let expected =
            ["1 E: not -----BEGIN RSA PRIVATE KEY----- (3)", &format!("1 {key}"), "1 next"];
        assert_eq!(all(&[(1, &raised)]), expected);
        let torn = "-----BEGIN PRIVATE KEY-----\nMIIE\n";
        assert_eq!(all(&[(1, torn)]), [format!("1 {}", torn.trim_end())]);
        assert_eq!(all(&[(1, "-----BEGIN CERTIFICATE-----\nMIIE\n")]).len(), 2);
        let endless =
            format!("-----BEGIN PRIVATE KEY-----\n{}", format!("{}\n", "M".repeat(64)).repeat(400));
        let told = all(&[(1, &endless[..4000]), (1, &endless[4000..])]);
        assert!(told[0].len() > KEY_MAX && told[0].len() < KEY_MAX + 70);
    }

    #[test]
    fn nothing_grows_without_bound() {
        let long = "x".repeat(5000);
        let told = all(&[(1, &long), (1, &long), (1, "y\n")]);
        assert_eq!(told.iter().map(String::len).collect::<Vec<_>>(), [10_002, 3]);
        let writers: Vec<_> = (0..100).map(|writer| (writer, "left")).collect();
        assert_eq!(all(&writers).len(), 100);
        let many = "line\n".repeat(5000);
        let told = all(&[(1, &many)]);
        assert_eq!(told.len(), 1001);
        assert_eq!(told[1000], "1 … 4000 more lines");
        let deep = format!("{TRACEBACK}\n{}E: x\n", "  File\n".repeat(9000));
        assert!(all(&[(1, &deep[..6000]), (1, &deep[6000..])]).len() < 1010);
    }

    proptest! {
        #[test]
        fn where_pieces_are_cut_does_not_matter(
            text in "(a|b|Ä| |\n){0,60}", cuts in prop::collection::vec(0usize..60, 0..6),
        ) {
            let mut cuts: Vec<_> =
                cuts.into_iter().filter(|at| text.is_char_boundary(*at)).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for at in cuts.into_iter().filter(|at| *at <= text.len()) {
                pieces.push((7, &text[from..at]));
                from = at;
            }
            pieces.push((7, &text[from..]));
            prop_assert_eq!(all(&pieces), all(&[(7, &text)]));
        }

        #[test]
        fn any_text_is_taken_without_panic(text in "(\\PC|\r|\n|Traceback \\(most recent call last\\):\n){0,80}") {
            all(&[(1, &text), (2, &text), (1, &text)]);
        }
    }
}
