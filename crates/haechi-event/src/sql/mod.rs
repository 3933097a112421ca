//! A query without its data, so that the same query is the same text.
//!
//! * `data`: what is data, and where it ends.

mod data;

/// Bytes of a query that are looked at.
const INPUT_MAX: usize = 64 * 1024;
/// Bytes of the outcome, as of a span's name.
const OUTPUT_MAX: usize = crate::span::SPAN_NAME_MAX as usize;
/// What is longer while it is being made is not folded any more.
const WORK_MAX: usize = 4 * OUTPUT_MAX;
/// Groups in groups that are followed.
const DEPTH_MAX: usize = 32;

/// What double quotes are around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quotes {
    /// Names, as the standard says. What cannot be one counts as text.
    #[default]
    Names,
    /// Text, as in MySQL.
    Text,
}

/// Writes a query without its data into `out`, which is emptied first.
///
/// Text, numbers and parameters become `?`, lists of those one `?`, equal rows
/// of `VALUES` one row; comments go, white space is one blank. At most 64 KiB
/// are looked at and 1,024 bytes kept; `…` tells that there was more. Takes
/// time in proportion to the length. Where it cannot be told how text ends,
/// the rest is left out.
pub fn normalise_sql(sql: &str, quotes: Quotes, out: &mut String) {
    let text = crate::wire::cut(sql, INPUT_MAX);
    let mut bytes = std::mem::take(out).into_bytes();
    bytes.clear();
    let work = Work {
        text: text.as_bytes(),
        at: 0,
        out: bytes,
        quotes,
        was_cut: text.len() < sql.len(),
        blank: false,
        groups: Groups::default(),
        in_list: 0,
    };
    *out = work.run();
}

/// A group that is open, and where the group before it in the same place was.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    start: usize,
    before: Option<(usize, usize)>,
    is_list: bool,
}

/// Groups in groups, without an allocation.
#[derive(Debug, Default)]
struct Groups {
    all: [Group; DEPTH_MAX],
    used: usize,
}

impl Groups {
    /// Whether there was room.
    fn push(&mut self, group: Group) -> bool {
        let room = self.all.get_mut(self.used);
        if let Some(room) = room {
            *room = group;
            self.used += 1;
            return true;
        }
        false
    }

    fn open(&self) -> &[Group] {
        &self.all[..self.used]
    }

    fn open_mut(&mut self) -> &mut [Group] {
        &mut self.all[..self.used]
    }
}

struct Work<'a> {
    text: &'a [u8],
    at: usize,
    out: Vec<u8>,
    quotes: Quotes,
    was_cut: bool,
    /// A blank is due before what comes next.
    blank: bool,
    /// Open groups; `before` of the last one is where its next inner one looks.
    groups: Groups,
    /// Open groups that follow `IN` or `VALUES`.
    in_list: usize,
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Work<'_> {
    fn run(mut self) -> String {
        // the outermost place, which is never closed
        self.groups.push(Group { start: 0, before: None, is_list: false });
        while let Some(byte) = self.peek(0) {
            if self.out.len() > WORK_MAX {
                self.was_cut = true;
                break;
            }
            match byte {
                _ if byte.is_ascii_whitespace() => self.skip_blank(1),
                b'-' if self.peek(1) == Some(b'-') => self.skip_line(),
                b'/' if self.peek(1) == Some(b'*') => self.skip_comment(),
                b'#' if self.is_hash_comment() => self.skip_line(),
                b'\'' => self.quoted(b'\''),
                b'"' => self.double_quoted(),
                b'`' => self.name_in(b'`'),
                b'$' => self.dollar(),
                b'?' => self.parameter(1),
                b':' | b'@' | b'%' => self.marked(byte),
                b'0'..=b'9' => self.number(),
                b'.' if self.peek(1).is_some_and(|b| b.is_ascii_digit()) && !self.after_word() => {
                    self.number();
                }
                b'(' => self.open(),
                b')' => self.close(),
                _ if is_word(byte) => self.word(),
                _ => self.push(1),
            }
        }
        self.finish()
    }

    fn finish(self) -> String {
        let Self { mut out, was_cut, .. } = self;
        while out.last().is_some_and(|b| *b == b';' || *b == b' ') {
            out.pop();
        }
        let text = String::from_utf8(out).unwrap_or_default();
        if !was_cut && text.len() <= OUTPUT_MAX {
            return text;
        }
        let mut text = crate::wire::cut(&text, OUTPUT_MAX - '…'.len_utf8()).to_owned();
        text.push('…');
        text
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn skip_blank(&mut self, bytes: usize) {
        self.at += bytes;
        self.blank = true;
    }

    /// Where something ends, or the end of all.
    fn find(&self, from: usize, what: &[u8]) -> Option<usize> {
        let rest = self.text.get(from..)?;
        rest.windows(what.len()).position(|w| w == what).map(|at| from + at)
    }

    fn skip_line(&mut self) {
        self.at = self.find(self.at, b"\n").map_or(self.text.len(), |end| end + 1);
        self.blank = true;
    }

    fn skip_comment(&mut self) {
        self.at = self.find(self.at + 2, b"*/").map_or(self.text.len(), |end| end + 2);
        self.blank = true;
    }

    /// MySQL's comment; PostgreSQL has operators that begin like it.
    fn is_hash_comment(&self) -> bool {
        !matches!(self.peek(1), Some(b'>' | b'-' | b'#' | b'='))
    }

    /// Puts the blank that is due, unless it would stand where none is wanted.
    fn put_blank(&mut self, next: u8) {
        if std::mem::take(&mut self.blank)
            && !matches!(self.out.last(), None | Some(b' ' | b'('))
            && !matches!(next, b')' | b',' | b';')
        {
            self.out.push(b' ');
        }
    }

    fn push(&mut self, bytes: usize) {
        let piece = &self.text[self.at..self.at + bytes];
        self.put_blank(piece[0]);
        self.out.extend_from_slice(piece);
        self.at += bytes;
    }

    /// What is written so far, without blanks at its end.
    fn written(&self) -> &[u8] {
        self.out.trim_ascii_end()
    }

    fn after_word(&self) -> bool {
        !self.blank
            && self
                .out
                .last()
                .is_some_and(|b| is_word(*b) || matches!(b, b'"' | b'`' | b']' | b')'))
    }

    fn word(&mut self) {
        let rest = &self.text[self.at..];
        let len = rest.iter().position(|b| !is_word(*b) && *b != b'$').unwrap_or(rest.len());
        let word = &rest[..len];
        let is_value = self.in_list > 0
            && [&b"NULL"[..], b"TRUE", b"FALSE", b"DEFAULT"]
                .iter()
                .any(|value| word.eq_ignore_ascii_case(value));
        if is_value {
            self.at += len;
            self.datum();
        } else {
            self.push(len);
        }
    }

    fn open(&mut self) {
        let written = self.written();
        let is_list = written.ends_with_word(b"IN")
            || written.ends_with_word(b"VALUES")
            || self.groups.open().last().is_some_and(|group| {
                // the next row of `VALUES`; rows within `IN`
                let begins = |byte: &u8| matches!(byte, b'(' | b',');
                (group.is_list && written.last().is_some_and(begins))
                    || (written.ends_with(b",") && group.is_list_before(written))
            });
        self.push(1);
        let start = self.out.len() - 1;
        if !self.groups.push(Group { start, before: None, is_list }) {
            self.was_cut = true;
            self.at = self.text.len();
            return;
        }
        self.in_list += usize::from(is_list);
    }

    fn close(&mut self) {
        self.push(1);
        let [.., outer, group] = self.groups.open_mut() else { return };
        let (start, end) = (group.start, self.out.len());
        self.in_list -= usize::from(group.is_list);
        let was_list = group.is_list;
        let before = outer
            .before
            .filter(|(_, before_end)| self.out[*before_end..start].trim_ascii() == b",");
        match before {
            Some((from, to)) if self.out[from..to] == self.out[start..end] => {
                self.out.truncate(to);
            }
            _ => outer.before = was_list.then_some((start, end)),
        }
        self.groups.used -= 1;
    }
}

impl Group {
    /// Whether the group before ends where `written`, but for its comma, does.
    fn is_list_before(&self, written: &[u8]) -> bool {
        let end = written[..written.len() - 1].trim_ascii_end().len();
        self.before.is_some_and(|(_, before)| before == end)
    }
}

/// Whether bytes end with a keyword, in any case, that stands by itself.
trait EndsWithWord {
    fn ends_with_word(&self, word: &[u8]) -> bool;
}

impl EndsWithWord for [u8] {
    fn ends_with_word(&self, word: &[u8]) -> bool {
        let Some(start) = self.len().checked_sub(word.len()) else { return false };
        self[start..].eq_ignore_ascii_case(word)
            && start.checked_sub(1).is_none_or(|before| !is_word(self[before]))
    }
}

#[cfg(test)]
mod tests;
