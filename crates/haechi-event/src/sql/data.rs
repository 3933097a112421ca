use super::{EndsWithWord, Quotes, Work, is_word};

impl Work<'_> {
    /// A datum of this many bytes.
    pub(super) fn parameter(&mut self, bytes: usize) {
        self.at += bytes;
        while self.peek(0).is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1; // `?1`
        }
        self.datum();
    }

    pub(super) fn datum(&mut self) {
        self.drop_sign();
        let written = self.written();
        if let Some(list) = written.strip_suffix(b",")
            && list.ends_with(b"?")
        {
            let len = list.len();
            self.out.truncate(len);
            self.blank = false;
            return;
        }
        // two texts one after the other are one
        if written.ends_with(b"?") && self.blank {
            self.blank = false;
            return;
        }
        self.put_blank(b'?');
        self.out.push(b'?');
    }

    /// A sign that belongs to the number after it.
    fn drop_sign(&mut self) {
        let written = self.written();
        let Some(before) = written.strip_suffix(b"-").or_else(|| written.strip_suffix(b"+")) else {
            return;
        };
        let trimmed = before.trim_ascii_end();
        let follows_operator =
            trimmed.last().is_none_or(|b| matches!(b, b'=' | b'<' | b'>' | b'(' | b','));
        if follows_operator {
            let had_blank = trimmed.len() < before.len();
            let len = trimmed.len();
            self.out.truncate(len);
            self.blank = had_blank;
        }
    }

    /// Leaves out all that comes.
    fn give_up(&mut self) {
        self.datum();
        self.was_cut = true;
        self.at = self.text.len();
    }

    pub(super) fn quoted(&mut self, quote: u8) {
        let mut at = self.at + 1;
        loop {
            match self.text.get(at) {
                None => return self.give_up(),
                Some(b'\\') if self.text.get(at + 1) == Some(&quote) => {
                    // in MySQL the text goes on, by the standard it ends
                    return self.give_up();
                }
                Some(b'\\') => at += 2,
                Some(b) if *b == quote && self.text.get(at + 1) == Some(&quote) => at += 2,
                Some(b) if *b == quote => break,
                Some(_) => at += 1,
            }
        }
        self.at = at + 1;
        // the letter of `E'…'`, `N'…'`, `X'…'`
        if !self.blank
            && let [.., before, b'e' | b'E' | b'n' | b'N' | b'x' | b'X' | b'b' | b'B'] = &*self.out
            && !is_word(*before)
        {
            self.out.pop();
        }
        self.datum();
    }

    pub(super) fn double_quoted(&mut self) {
        if self.quotes == Quotes::Text {
            return self.quoted(b'"');
        }
        let end = self.find(self.at + 1, b"\"");
        let Some(end) = end else { return self.give_up() };
        let inside = &self.text[self.at + 1..end];
        let could_be_name = !inside.is_empty()
            && inside.len() <= 64
            && !inside[0].is_ascii_digit()
            && inside.iter().all(|b| is_word(*b) || matches!(b, b'$' | b'-' | b'.'))
            && self.text.get(end + 1) != Some(&b'"');
        let is_compared = self.text.get(end + 1) != Some(&b'.') && {
            let written = self.written();
            written.last().is_some_and(|b| matches!(b, b'=' | b'<' | b'>'))
                || written.ends_with_word(b"LIKE")
        };
        if !could_be_name || is_compared || (self.in_list > 0 && !self.after_dot()) {
            return self.quoted(b'"');
        }
        let len = end + 1 - self.at;
        self.push(len);
    }

    fn after_dot(&self) -> bool {
        self.out.last() == Some(&b'.')
    }

    pub(super) fn name_in(&mut self, quote: u8) {
        match self.find(self.at + 1, &[quote]) {
            Some(end) if end - self.at <= 128 => {
                let len = end + 1 - self.at;
                self.push(len);
            }
            _ => self.give_up(),
        }
    }

    /// `$1`, or text between `$tag$` and `$tag$`.
    pub(super) fn dollar(&mut self) {
        if self.peek(1).is_some_and(|b| b.is_ascii_digit()) {
            return self.parameter(2);
        }
        let rest = &self.text[self.at + 1..];
        let tag = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
        if rest.get(tag) != Some(&b'$') {
            return self.push(1);
        }
        let tag = &self.text[self.at..=self.at + 1 + tag];
        match self.find(self.at + tag.len(), tag) {
            Some(end) => {
                self.at = end + tag.len();
                self.datum();
            }
            None => self.give_up(),
        }
    }

    /// `:name`, `@name`, `%s`, `%(name)s`; `::` and `%` alone are operators.
    pub(super) fn marked(&mut self, mark: u8) {
        let next = self.peek(1).unwrap_or_default();
        let len = match (mark, next) {
            (b':', b':') => return self.push(2),
            (b'%', b'(') => self.named_parameter(),
            (b'%', b's') if !self.peek(2).is_some_and(is_word) => Some(2),
            (b'%', _) => None,
            (b':' | b'@', _) if is_word(next) && !self.after_word() => {
                let rest = &self.text[self.at + 1..];
                Some(1 + rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len()))
            }
            _ => None,
        };
        match len {
            Some(len) => {
                self.at = (self.at + len).min(self.text.len());
                self.datum();
            }
            None => self.push(1),
        }
    }

    /// Bytes of the `%(name)s` that begins here. What is around more than a name is
    /// an operator before a group, in which texts may stand.
    fn named_parameter(&self) -> Option<usize> {
        let inside = &self.text[self.at + 2..];
        let is_name = |b: &u8| is_word(*b) || matches!(b, b' ' | b'.' | b'-');
        let len = inside.iter().position(|b| !is_name(b)).filter(|len| *len > 0)?;
        let [b')', letter, rest @ ..] = &inside[len..] else { return None };
        let ends = rest.first().is_none_or(|next| !is_word(*next));
        (letter.is_ascii_alphabetic() && ends).then_some(len + 4)
    }

    /// Digits, point, exponent, `0x…`; what hangs on goes with it.
    pub(super) fn number(&mut self) {
        let start = self.at;
        while let Some(byte) = self.peek(0) {
            let is_exponent_sign = matches!(byte, b'+' | b'-')
                && self.at > start
                && matches!(self.text[self.at - 1], b'e' | b'E')
                && !self.text[start..self.at].starts_with(b"0x")
                && self.peek(1).is_some_and(|b| b.is_ascii_digit());
            if !(is_word(byte) || byte == b'.' || is_exponent_sign) {
                break;
            }
            self.at += 1;
        }
        self.datum();
    }
}
