//! Walks over the opcodes of a pickle, protocols 0 to 5, and builds nothing.

use crate::TicketError;
use crate::classes;
use crate::machine::{Machine, Value};
use crate::text::{Form, Text};

/// The newest protocol there is.
const PROTOCOL_MAX: u8 = 5;

/// The texts that the outermost dict of a pickle has under the `wanted` keys;
/// `None` for a key that is missing or holds something else. Needs time and
/// memory in proportion to the length of `bytes` at the most.
///
/// # Errors
/// [`TicketError`] for what is no whole pickle of a dict, for one that would
/// load code, and for one that nests beyond all measure.
pub fn texts_of_dict(bytes: &[u8], wanted: &[&str]) -> Result<Vec<Option<String>>, TicketError> {
    let mut walk = Walk { bytes, at: 0, machine: Machine::new(wanted) };
    while walk.step()? {}
    walk.machine.finish()
}

struct Walk<'a, 'w> {
    bytes: &'a [u8],
    at: usize,
    machine: Machine<'a, 'w>,
}

impl<'a> Walk<'a, '_> {
    /// One instruction; `false` after the last.
    fn step(&mut self) -> Result<bool, TicketError> {
        let at = self.at;
        let opcode = self.take(1)?[0];
        if opcode == b'.' {
            return Ok(false);
        }
        let known = self.text(opcode)? || self.plain(opcode)? || self.stacked(at, opcode)?;
        if known || self.code(at, opcode)? {
            return Ok(true);
        }
        Err(TicketError::UnknownOpcode { at, opcode })
    }

    /// Texts and bytes.
    fn text(&mut self, opcode: u8) -> Result<bool, TicketError> {
        let (form, bytes) = match opcode {
            b'S' => (Form::Quoted, self.line()?),
            b'V' => (Form::Escaped, self.line()?),
            b'U' | b'C' | 0x8c => (Form::Plain, self.sized(1)?),
            b'T' | b'X' | b'B' => (Form::Plain, self.sized(4)?),
            0x8d | 0x8e | 0x96 => (Form::Plain, self.sized(8)?),
            _ => return Ok(false),
        };
        self.machine.push(Value::Text(Text { form, bytes }))?;
        Ok(true)
    }

    /// Numbers, constants, empty collections: values that are not kept.
    fn plain(&mut self, opcode: u8) -> Result<bool, TicketError> {
        match opcode {
            b'F' | b'I' | b'L' => drop(self.line()?),
            b'K' => drop(self.take(1)?),
            b'M' => drop(self.take(2)?),
            b'J' => drop(self.take(4)?),
            b'G' => drop(self.take(8)?),
            0x8a => drop(self.sized(1)?),
            0x8b => drop(self.sized(4)?),
            b'N' | 0x88 | 0x89 | b']' | b')' | 0x8f => {}
            b'(' => return self.machine.push(Value::Mark).map(|()| true),
            b'}' => return self.machine.dict(false).map(|()| true),
            b'd' => return self.machine.dict(true).map(|()| true),
            // the protocol, and how the rest is cut into pieces, change nothing
            0x80 => {
                return match self.take(1)?[0] {
                    0..=PROTOCOL_MAX => Ok(true),
                    _ => Err(TicketError::NoTicket("its protocol is newer than 5")),
                };
            }
            0x95 => return self.take(8).map(|_| true),
            _ => return Ok(false),
        }
        self.machine.push(Value::Other)?;
        Ok(true)
    }

    /// What changes only the stack and the memo.
    fn stacked(&mut self, at: usize, opcode: u8) -> Result<bool, TicketError> {
        let memoized = match opcode {
            b'p' => Some(self.decimal(at)?),
            b'q' => Some(u32::from(self.take(1)?[0])),
            b'r' => Some(self.number()?),
            _ => None,
        };
        if memoized.is_some() || opcode == 0x94 {
            return self.machine.memoize(memoized).map(|()| true);
        }
        let recalled = match opcode {
            b'g' => Some(self.decimal(at)?),
            b'h' => Some(u32::from(self.take(1)?[0])),
            b'j' => Some(self.number()?),
            _ => None,
        };
        if let Some(number) = recalled {
            return self.machine.recall(number).map(|()| true);
        }
        let machine = &mut self.machine;
        let done = match opcode {
            b'0' => machine.drop_top(),
            b'1' | b'e' | 0x90 => machine.collect(false),
            b'l' | b't' | 0x91 => machine.collect(true),
            b'2' => {
                return machine
                    .top()
                    .map_err(malformed(at))
                    .and_then(|top| machine.push(top))
                    .map(|()| true);
            }
            b'a' => machine.pop().map(drop),
            b's' => machine.set_item(),
            b'u' => machine.set_items(),
            0x85 => machine.replace(1),
            0x86 => machine.replace(2),
            0x87 => machine.replace(3),
            _ => return Ok(false),
        };
        done.map(|()| true).map_err(malformed(at))
    }

    /// What would load or call code: the name is looked at, nothing happens.
    fn code(&mut self, at: usize, opcode: u8) -> Result<bool, TicketError> {
        let refuse = |what: &str| Err(TicketError::Foreign(what.to_owned()));
        match opcode {
            b'c' | b'i' => {
                let (module, name) = (self.line()?, self.line()?);
                classes::check(module, name)?;
                if opcode == b'c' {
                    return self.machine.push(Value::Other).map(|()| true);
                }
            }
            0x93 => {
                let (name, module) = (self.machine.pop(), self.machine.pop());
                let (Ok(Value::Text(name)), Ok(Value::Text(module))) = (name, module) else {
                    return refuse("a class whose name it computes");
                };
                classes::check(module.decode().as_bytes(), name.decode().as_bytes())?;
                return self.machine.push(Value::Other).map(|()| true);
            }
            b'P' | b'Q' => return refuse("an object that only its writer knows"),
            0x82..=0x84 => return refuse("a class from a registry"),
            0x97 | 0x98 => return refuse("a buffer beside it"),
            _ => {}
        }
        let done = match opcode {
            b'i' | b'o' => self.machine.collect(true),
            b'R' | 0x81 => self.machine.replace(2),
            0x92 => self.machine.replace(3),
            b'b' => self.machine.pop().map(drop),
            _ => return Ok(false),
        };
        done.map(|()| true).map_err(malformed(at))
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], TicketError> {
        let cut = TicketError::Truncated(self.bytes.len());
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len()).ok_or(cut)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// Bytes after their number, which has `width` bytes.
    fn sized(&mut self, width: usize) -> Result<&'a [u8], TicketError> {
        let digits = self.take(width)?.iter().rev();
        let len = digits.fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    fn number(&mut self) -> Result<u32, TicketError> {
        Ok(self.take(4)?.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    fn line(&mut self) -> Result<&'a [u8], TicketError> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|byte| *byte == b'\n');
        let line = self.take(len.map_or(rest.len() + 1, |len| len + 1))?;
        Ok(&line[..line.len() - 1])
    }

    fn decimal(&mut self, at: usize) -> Result<u32, TicketError> {
        let line = self.line()?;
        let number = std::str::from_utf8(line).ok().and_then(|text| text.trim_end().parse().ok());
        number.ok_or_else(|| malformed(at)("no number"))
    }
}

fn malformed(at: usize) -> impl Fn(&'static str) -> TicketError {
    move |what| TicketError::Malformed { at, what }
}
