use crate::redact;
use crate::wire::{Reader, Writer, cut};
use crate::{EventError, RequestId};

/// Bytes of the encoded headers of one side.
pub const HEADERS_MAX: usize = 8 * 1024;
/// Headers of one side that are kept.
const COUNT_MAX: u8 = 64;
const NAME_MAX: u16 = 128;
/// Bytes of a value that are looked at for secrets.
const LOOK_MAX: usize = 1024;
/// The same of a list of cookies, of which only the names stay.
const COOKIES_LOOK_MAX: usize = 4096;
/// Bytes of a value that are kept; marks may be longer than what they stand for.
const VALUE_MAX: u16 = 1536;
const APP_MAX: u16 = 64;

/// What the heads of a request and of its answer said. App is cut at 64 bytes;
/// headers longer than [`HEADERS_MAX`] are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Headers<'a> {
    /// The request.
    pub request_id: RequestId,
    /// `service.name`.
    pub app: &'a str,
    /// Its headers, as [`HeadersWriter`] encodes them.
    pub request: &'a [u8],
    /// Headers of it that were left out for want of room.
    pub request_left_out: u32,
    /// The headers of its answer, encoded the same.
    pub response: &'a [u8],
    /// Headers of the answer that were left out for want of room.
    pub response_left_out: u32,
}

impl<'a> Headers<'a> {
    pub(crate) const KIND: u8 = 6;
    pub(crate) const VERSION: u8 = 1;

    /// Appends the byte form, kind and version first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let bounded = |pairs: &'a [u8]| if pairs.len() <= HEADERS_MAX { pairs } else { &[] };
        let (request, response) = (bounded(self.request), bounded(self.response));
        out.reserve(96 + request.len() + response.len());
        let mut w = Writer { out };
        w.u8(Self::KIND);
        w.u8(Self::VERSION);
        w.bytes(&self.request_id.as_u64().to_le_bytes());
        w.text(self.app, APP_MAX);
        for (pairs, left_out) in
            [(request, self.request_left_out), (response, self.response_left_out)]
        {
            w.bytes(&left_out.to_le_bytes());
            w.short_bytes(pairs);
        }
    }

    pub(crate) fn decode_fields(bytes: &'a [u8]) -> Result<Self, EventError> {
        let mut r = Reader { rest: bytes };
        Ok(Self {
            request_id: RequestId::from_u64(r.u64("request_id")?),
            app: r.text("app")?,
            request_left_out: r.u32("request_left_out")?,
            request: r.short_bytes("request")?,
            response_left_out: r.u32("response_left_out")?,
            response: r.short_bytes("response")?,
        })
    }
}

/// Collects the headers of one side, cutting secrets out. What is past the limits
/// is left out and counted: 64 headers, names of 128 bytes, [`HEADERS_MAX`] in all;
/// of a value 1,024 bytes are kept, of a list of cookies the names in its first
/// 4,096.
#[derive(Debug, Default)]
pub struct HeadersWriter {
    bytes: Vec<u8>,
    kept: u8,
    left_out: u32,
    is_full: bool,
}

impl HeadersWriter {
    /// Adds a header as it was sent.
    pub fn push(&mut self, name: &str, value: &str) {
        self.push_beginning(name, value, 0);
    }

    /// Adds a header of whose value only the beginning is at hand, at least 4,096
    /// bytes; `past` more were sent.
    pub fn push_beginning(&mut self, name: &str, value: &str, past: usize) {
        let fits = !name.is_empty() && name.len() <= usize::from(NAME_MAX);
        if self.is_full || !fits || !self.put(name, value, past) {
            self.leave_out(1);
        }
    }

    /// Counts headers that could not be added.
    pub fn leave_out(&mut self, count: u32) {
        self.left_out = self.left_out.saturating_add(count);
    }

    /// From the first that finds no room on, none is looked at: a thousand large
    /// ones cost no more than those that are kept.
    fn put(&mut self, name: &str, value: &str, past: usize) -> bool {
        let most = if is_cookies(name) { COOKIES_LOOK_MAX } else { LOOK_MAX };
        let looked = redact::head(value, most);
        let clean = redact::header(name, looked);
        let kept = cut(&clean, VALUE_MAX.into());
        let name = redact::text(name);
        let room = HEADERS_MAX - self.bytes.len();
        self.is_full = self.kept == COUNT_MAX || room < 8 + name.len() + kept.len();
        if self.is_full {
            return false;
        }
        let past = past + (value.len() - looked.len()) + (clean.len() - kept.len());
        let mut w = Writer { out: &mut self.bytes };
        // one of a name's length may have become longer with a mark
        w.text(&name, u16::MAX);
        w.text(kept, VALUE_MAX);
        w.bytes(&u32::try_from(past).unwrap_or(u32::MAX).to_le_bytes());
        self.kept += 1;
        true
    }

    /// The byte form: for each header two texts behind their lengths (16 bit), and
    /// how many bytes of the value were left out (32 bit).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Headers that were left out.
    #[must_use]
    pub const fn left_out(&self) -> u32 {
        self.left_out
    }
}

fn is_cookies(name: &str) -> bool {
    name.eq_ignore_ascii_case("cookie") || name.eq_ignore_ascii_case("set-cookie")
}

/// A header without its secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name, as it was sent or in lower case where the server tells no other.
    pub name: &'a str,
    /// Its value.
    pub value: &'a str,
    /// Bytes of the value that were left out behind it.
    pub left_out: u32,
}

/// The headers in the order they were given, up to the first damage.
pub fn decode_headers(bytes: &[u8]) -> impl Iterator<Item = Header<'_>> {
    let mut reader = Reader { rest: bytes };
    std::iter::from_fn(move || {
        let name = reader.text("name").ok()?;
        let value = reader.text("value").ok()?;
        let left_out = reader.u32("left_out").ok()?;
        Some(Header { name, value, left_out })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> HeadersWriter {
        let mut writer = HeadersWriter::default();
        headers.into_iter().for_each(|(name, value)| writer.push(name, value));
        writer
    }

    #[test]
    fn secrets_are_cut_on_the_way_in() {
        let writer = of([
            ("host", "shop.example"),
            ("authorization", "Bearer abc"),
            ("cookie", "sid=abc; theme=dark"),
            ("AKIAIOSFODNN7EXAMPLE", "1"),
        ]);
        let shown: Vec<_> = decode_headers(writer.as_bytes()).map(|h| (h.name, h.value)).collect();
        assert_eq!(
            shown,
            [
                ("host", "shop.example"),
                ("authorization", "Bearer [cut:key:3]"),
                ("cookie", "sid=[cut:cookie:3]; theme=[cut:cookie:4]"),
                ("[cut:aws:20]", "1"),
            ]
        );
    }

    #[test]
    fn what_is_past_the_limits_is_left_out_and_counted() {
        let long = "é".repeat(32_768);
        let writer = of([("", "no name"), (&*"n".repeat(129), "long name"), ("x", &long)]);
        let kept: Vec<_> = decode_headers(writer.as_bytes()).collect();
        assert_eq!(writer.left_out(), 2);
        assert_eq!((kept[0].value.len(), kept[0].left_out), (1024, 65_536 - 1024));

        let names: Vec<String> = (0..3000).map(|n| format!("x-{n}")).collect();
        let writer = of(names.iter().map(|name| (name.as_str(), "v")));
        assert_eq!(decode_headers(writer.as_bytes()).count(), 64);
        assert_eq!(writer.left_out(), 3000 - 64);

        let writer = of(names.iter().map(|name| (name.as_str(), long.as_str())));
        assert!(writer.as_bytes().len() <= HEADERS_MAX);
        assert_eq!(decode_headers(writer.as_bytes()).count(), 7);
        assert_eq!(writer.left_out(), 3000 - 7);

        let cookies: String = (0..2000).map(|n| format!("c{n}=1; ")).collect();
        let writer = of([("cookie", cookies.as_str())]);
        let kept: Vec<_> = decode_headers(writer.as_bytes()).collect();
        assert!(kept[0].value.len() <= 1536 && kept[0].left_out > 10_000, "{kept:?}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_bounded(
            headers in prop::collection::vec(("[a-z-]{0,140}", ".{0,300}"), 0..80),
        ) {
            let writer = of(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            prop_assert!(writer.as_bytes().len() <= HEADERS_MAX);
            let kept: Vec<_> = decode_headers(writer.as_bytes()).collect();
            prop_assert_eq!(kept.len() + writer.left_out() as usize, headers.len());
            for header in kept {
                prop_assert!(headers.iter().any(|(name, _)| redact::text(name) == header.name));
                prop_assert!(header.value.len() <= usize::from(VALUE_MAX));
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..99)) {
            prop_assert!(decode_headers(&bytes).count() <= bytes.len());
        }
    }
}
