//! What is left of a pickle's stack and memo when nothing is built: where the
//! texts are, and what belongs to the outermost dict.

use crate::TicketError;
use crate::text::Text;
use std::collections::HashMap;

/// Values on the stack at one time: some ten times what a ticket with long
/// lists has.
const DEPTH_MAX: usize = 20_000;
/// Texts remembered under a number. A ticket of 40 kB has some 400.
const MEMO_MAX: usize = 50_000;

/// A value as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Where a collection on the stack begins.
    Mark,
    /// The outermost dict.
    Outermost,
    /// A text, or bytes.
    Text(Text<'a>),
    /// Anything else; it is not kept.
    Other,
}

/// The stack, the memo, and the wanted texts of the outermost dict.
pub(crate) struct Machine<'a, 'w> {
    stack: Vec<Value<'a>>,
    memo: HashMap<u32, Value<'a>>,
    /// How many numbers were given out without being named.
    memoized: u32,
    has_outermost: bool,
    wanted: &'w [&'w str],
    found: Vec<Option<Text<'a>>>,
}

impl<'a, 'w> Machine<'a, 'w> {
    pub(crate) fn new(wanted: &'w [&'w str]) -> Self {
        Self {
            stack: Vec::new(),
            memo: HashMap::new(),
            memoized: 0,
            has_outermost: false,
            wanted,
            found: vec![None; wanted.len()],
        }
    }

    pub(crate) fn push(&mut self, value: Value<'a>) -> Result<(), TicketError> {
        if self.stack.len() >= DEPTH_MAX {
            return Err(TicketError::TooDeep(DEPTH_MAX));
        }
        self.stack.push(value);
        Ok(())
    }

    /// The topmost value, which is no mark.
    pub(crate) fn pop(&mut self) -> Result<Value<'a>, &'static str> {
        match self.stack.pop() {
            Some(Value::Mark) => Err("a mark where a value is needed"),
            Some(value) => Ok(value),
            None => Err("nothing on the stack"),
        }
    }

    /// Takes values off and puts one unknown in their place.
    pub(crate) fn replace(&mut self, values: usize) -> Result<(), &'static str> {
        for _ in 0..values {
            self.pop()?;
        }
        self.stack.push(Value::Other);
        Ok(())
    }

    /// The topmost, whatever it is.
    pub(crate) fn drop_top(&mut self) -> Result<(), &'static str> {
        self.stack.pop().map(|_| ()).ok_or("nothing on the stack")
    }

    pub(crate) fn top(&self) -> Result<Value<'a>, &'static str> {
        self.stack.last().copied().ok_or("nothing on the stack")
    }

    /// Takes all off from the topmost mark on; says where they began.
    fn since_mark(&mut self) -> Result<Vec<Value<'a>>, &'static str> {
        let mark = self.stack.iter().rposition(|value| *value == Value::Mark);
        let values = self.stack.split_off(mark.ok_or("no mark on the stack")?);
        Ok(values)
    }

    /// What stood since the topmost mark becomes one unknown, or nothing.
    pub(crate) fn collect(&mut self, into_one: bool) -> Result<(), &'static str> {
        self.since_mark()?;
        if into_one {
            self.stack.push(Value::Other);
        }
        Ok(())
    }

    /// A new dict, of what stood since the topmost mark if `of_marked`.
    pub(crate) fn dict(&mut self, of_marked: bool) -> Result<(), TicketError> {
        let pairs = if of_marked {
            self.since_mark().map_err(|what| TicketError::Malformed { at: 0, what })?
        } else {
            Vec::new()
        };
        let outermost = self.stack.is_empty() && !self.has_outermost;
        if outermost {
            self.has_outermost = true;
            self.keep(pairs.get(1..).unwrap_or_default());
        }
        self.push(if outermost { Value::Outermost } else { Value::Other })
    }

    /// Key and value on top go into what is below.
    pub(crate) fn set_item(&mut self) -> Result<(), &'static str> {
        let value = self.pop()?;
        let key = self.pop()?;
        if self.top()? == Value::Outermost {
            self.keep(&[key, value]);
        }
        Ok(())
    }

    /// Keys and values since the topmost mark go into what is below it.
    pub(crate) fn set_items(&mut self) -> Result<(), &'static str> {
        let pairs = self.since_mark()?;
        if self.top()? == Value::Outermost {
            self.keep(&pairs[1..]);
        }
        Ok(())
    }

    fn keep(&mut self, pairs: &[Value<'a>]) {
        for pair in pairs.chunks_exact(2) {
            let (Value::Text(key), value) = (pair[0], pair[1]) else { continue };
            if let Some(index) = self.wanted.iter().position(|name| key.is(name)) {
                self.found[index] = match value {
                    Value::Text(text) => Some(text),
                    _ => None,
                };
            }
        }
    }

    /// Remembers the topmost under a number, or under the next one.
    pub(crate) fn memoize(&mut self, number: Option<u32>) -> Result<(), TicketError> {
        let top = self.top().map_err(|what| TicketError::Malformed { at: 0, what })?;
        let number = number.unwrap_or(self.memoized);
        self.memoized = self.memoized.saturating_add(1);
        if top == Value::Other || top == Value::Mark {
            self.memo.remove(&number);
            return Ok(());
        }
        if self.memo.len() >= MEMO_MAX {
            return Err(TicketError::TooDeep(MEMO_MAX));
        }
        self.memo.insert(number, top);
        Ok(())
    }

    /// Pushes what is remembered under a number.
    pub(crate) fn recall(&mut self, number: u32) -> Result<(), TicketError> {
        self.push(self.memo.get(&number).copied().unwrap_or(Value::Other))
    }

    /// At the end: the wanted texts, if the outermost dict is the result.
    pub(crate) fn finish(self) -> Result<Vec<Option<String>>, TicketError> {
        match self.stack.last() {
            Some(Value::Outermost) => {
                Ok(self.found.iter().map(|text| text.map(|text| text.decode())).collect())
            }
            _ => Err(TicketError::NoTicket("its outermost value is no dict")),
        }
    }
}
