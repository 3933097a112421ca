//! Headers as they came, copied when they pass by: where the request is given away
//! they cannot be read later.

use haechi_event::HeadersWriter;
use std::borrow::Cow;

/// Bytes of both sides that are copied.
const MAX: usize = 8 * 1024;
/// Bytes of one value that are copied; fewer are kept.
const VALUE_MAX: usize = 4096;
/// Longer names are not kept.
const NAME_MAX: usize = 256;
/// Before each header: its side, whether its value is marked as a secret, the
/// lengths of name and copied value, and of what was not copied.
const LEAD: usize = 10;

/// Whose headers they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

/// Used again for the next request: nothing is allocated once it is as large as
/// heads are.
#[derive(Debug, Default)]
pub(crate) struct RawHeads {
    bytes: Vec<u8>,
    left_out: [u32; 2],
    wanted: bool,
}

impl RawHeads {
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.wanted = false;
        self.bytes.clear();
        self.left_out = [0; 2];
    }

    #[cfg_attr(not(feature = "tower"), allow(dead_code, reason = "others read them later"))]
    pub(crate) const fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// From now on headers are copied.
    #[cfg_attr(not(feature = "tower"), allow(dead_code, reason = "others read them later"))]
    pub(crate) const fn want(&mut self) {
        self.wanted = true;
    }

    #[cfg_attr(not(feature = "tower"), allow(dead_code, reason = "others read them later"))]
    pub(crate) fn push(&mut self, side: Side, name: &str, value: &[u8], is_secret: bool) {
        let copied = &value[..value.len().min(VALUE_MAX)];
        let wanted = LEAD + name.len() + copied.len();
        if name.len() > NAME_MAX || self.bytes.len() + wanted > MAX {
            let left_out = &mut self.left_out[side as usize];
            *left_out = left_out.saturating_add(1);
            return;
        }
        let past = u32::try_from(value.len() - copied.len()).unwrap_or(u32::MAX);
        self.bytes.push(side as u8);
        self.bytes.push(u8::from(is_secret));
        // both are bounded above
        self.bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
        self.bytes.extend_from_slice(&(copied.len() as u16).to_le_bytes());
        self.bytes.extend_from_slice(&past.to_le_bytes());
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(copied);
    }

    /// Adds the headers of one side.
    pub(crate) fn tell(&self, of: Side, to: &mut HeadersWriter) {
        if !self.wanted {
            return;
        }
        let mut rest = &self.bytes[..];
        while let Some((lead, after)) = rest.split_first_chunk::<LEAD>() {
            let [side, is_secret, n0, n1, v0, v1, past @ ..] = *lead;
            let (name, after) = after.split_at(usize::from(u16::from_le_bytes([n0, n1])));
            let (value, after) = after.split_at(usize::from(u16::from_le_bytes([v0, v1])));
            rest = after;
            if side != of as u8 {
                continue;
            }
            let past = u32::from_le_bytes(past) as usize;
            let value = if is_secret == 0 {
                String::from_utf8_lossy(value)
            } else {
                Cow::Owned(format!("[cut:sensitive:{}]", value.len() + past))
            };
            to.push_beginning(&String::from_utf8_lossy(name), &value, past);
        }
        to.leave_out(self.left_out[of as usize]);
    }

    /// Bytes of memory it holds.
    pub(crate) const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haechi_event::decode_headers;

    fn told(heads: &RawHeads, side: Side) -> (Vec<(String, String, u32)>, u32) {
        let mut writer = HeadersWriter::default();
        heads.tell(side, &mut writer);
        let own =
            decode_headers(writer.as_bytes()).map(|h| (h.name.into(), h.value.into(), h.left_out));
        (own.collect(), writer.left_out())
    }

    #[test]
    fn each_side_is_told_apart_and_only_what_is_wanted() {
        let mut heads = RawHeads::default();
        heads.want();
        heads.push(Side::Request, "host", b"shop.example", false);
        heads.push(Side::Response, "content-type", b"text/html", false);
        heads.push(Side::Request, "x-bytes", b"\xff\x00", false);
        heads.push(Side::Request, "x-known", b"hunter2", true);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned(), 0);
        let own = [
            header("host", "shop.example"),
            header("x-bytes", "\u{fffd}\0"),
            header("x-known", "[cut:sensitive:7]"),
        ];
        assert_eq!(told(&heads, Side::Request), (own.to_vec(), 0));
        let answer = vec![header("content-type", "text/html")];
        assert_eq!(told(&heads, Side::Response), (answer, 0));
        heads.clear();
        assert_eq!(told(&heads, Side::Request), (vec![], 0));
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut heads = RawHeads::default();
        heads.want();
        heads.push(Side::Request, &"n".repeat(300), b"", false);
        heads.push(Side::Request, "x-long", &[b'v'; 65_536], false);
        for n in 0..1000 {
            heads.push(Side::Request, &format!("x-{n}"), &[b'v'; 100], false);
        }
        assert!(heads.bytes.len() <= MAX);
        let (kept, left_out) = told(&heads, Side::Request);
        assert_eq!(kept.len() + left_out as usize, 1002);
        assert_eq!(kept[0].2, 65_536 - 1024);
    }
}
