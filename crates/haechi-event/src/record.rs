use crate::attributes::ATTRIBUTES_MAX;
use crate::log::MESSAGE_MAX;
use crate::{EventError, Exception, Headers, Log, Request, Samples, Span};

/// No record is longer than this many bytes, so a reader can refuse a length
/// that only damage explains.
pub const RECORD_MAX: usize = 2 * MESSAGE_MAX as usize + ATTRIBUTES_MAX + 4096;

/// Any event. The byte form starts with a kind byte and a version byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// Kind 1.
    Request(Request<'a>),
    /// Kind 2.
    Log(Log<'a>),
    /// Kind 3.
    Exception(Exception<'a>),
    /// Kind 4.
    Span(Span<'a>),
    /// Kind 5.
    Samples(Samples<'a>),
    /// Kind 6.
    Headers(Headers<'a>),
}

impl<'a> Record<'a> {
    /// Reads one event; its text borrows from `bytes`.
    ///
    /// # Errors
    /// [`EventError`] for anything that is not a whole, known event.
    #[inline]
    pub fn decode(bytes: &'a [u8]) -> Result<Self, EventError> {
        let [kind, version, fields @ ..] = bytes else {
            return Err(EventError::Truncated("kind"));
        };
        match (*kind, *version) {
            (Request::KIND, Request::VERSION..=Request::RELEASED) => {
                Request::decode_fields(fields, *version).map(Self::Request)
            }
            (Log::KIND, Log::VERSION | Log::EXTENDED) => {
                Log::decode_fields(fields, *version).map(Self::Log)
            }
            (Exception::KIND, Exception::VERSION | Exception::EXTENDED) => {
                Exception::decode_fields(fields, *version).map(Self::Exception)
            }
            (Span::KIND, Span::VERSION) => Span::decode_fields(fields).map(Self::Span),
            (Samples::KIND, Samples::VERSION) => Samples::decode_fields(fields).map(Self::Samples),
            (Headers::KIND, Headers::VERSION) => Headers::decode_fields(fields).map(Self::Headers),
            (kind @ Request::KIND..=Headers::KIND, version) => {
                Err(EventError::UnknownVersion { kind, version })
            }
            (kind, _) => Err(EventError::UnknownKind(kind)),
        }
    }

    /// Appends the byte form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Request(request) => request.encode(out),
            Self::Log(log) => log.encode(out),
            Self::Exception(exception) => exception.encode(out),
            Self::Span(span) => span.encode(out),
            Self::Samples(samples) => samples.encode(out),
            Self::Headers(headers) => headers.encode(out),
        }
    }

    /// When it happened, Unix nanoseconds: a request's beginning, a log's writing; of
    /// the beginning of a span, or of the request that headers belong to, within a
    /// millisecond.
    #[must_use]
    pub const fn unix_ns(&self) -> u64 {
        match self {
            Self::Request(request) => request.start_unix_ns,
            Self::Log(log) => log.time_unix_ns,
            Self::Exception(exception) => exception.time_unix_ns,
            Self::Span(span) => {
                let request_ns = span.request_id.unix_ms().saturating_mul(1_000_000);
                request_ns.saturating_add(span.start_ns)
            }
            Self::Samples(samples) => samples.time_unix_ns,
            Self::Headers(headers) => headers.request_id.unix_ms().saturating_mul(1_000_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flags, Mechanism, Occasion, Part, RequestId, Severity, Unseen};
    use proptest::prelude::*;

    fn request<'a>(text: &'a [String], n: u64) -> Request<'a> {
        Request {
            id: RequestId::from_u64(n >> 1),
            start_unix_ns: n,
            duration_ns: n / 3,
            cpu_ns: n / 5,
            status: (n % 600) as u16,
            flags: Flags::from_bits((n % 31) as u16),
            bytes_in: n / 7,
            bytes_out: n / 11,
            trace_id: [n as u8; 16],
            parent_span_id: [n as u8; 8],
            app: &text[0],
            method: &text[1],
            route: &text[2],
            path: &text[3],
            query: &text[4],
            client: &text[5],
            user_agent: &text[6],
            referrer: &text[7],
            ticket: &text[8],
            user: &text[9],
            split: text[0].as_bytes(),
            repeats: text[1].as_bytes(),
            release: &text[2],
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            text in prop::collection::vec(".{0,16}", 10), n in any::<u64>(), line in any::<u32>(),
        ) {
            let log = Log {
                time_unix_ns: n,
                request_id: RequestId::from_u64(n / 2),
                severity: Severity::ALL[(n % 6) as usize],
                line,
                message_bytes: n / 9,
                app: &text[0], logger: &text[1], route: &text[2], file: &text[3],
                message: &text[4], exception: &text[5],
                template: &text[6], attributes: text[7].as_bytes(),
            };
            let exception = Exception {
                id: RequestId::from_u64(n / 3),
                time_unix_ns: n,
                request_id: RequestId::from_u64(n / 4),
                mechanism: Mechanism::ALL[(n % 7) as usize],
                app: &text[0], route: &text[1], release: &text[2], ticket: &text[3],
                kind: &text[4], message: &text[5], stack: text[6].as_bytes(), user: &text[7],
            };
            let span = Span {
                request_id: RequestId::from_u64(n / 5),
                id: line,
                parent: line / 2,
                part: Part::ALL[(n % 13) as usize],
                failed: n % 2 == 1,
                count: line / 3,
                start_ns: n / 6,
                duration_ns: n / 7,
                rows: (n % 3 == 1).then_some(n / 8),
                status: (n % 600) as u16,
                line,
                app: &text[0], name: &text[1], file: &text[2],
            };
            let samples = Samples {
                request_id: RequestId::from_u64(n / 6),
                time_unix_ns: n,
                occasion: Occasion::ALL[(n % 3) as usize],
                unseen: Unseen::ALL[(n % 6) as usize],
                interval_ms: line,
                looks: line / 2,
                samples: line / 3,
                from_ms: line / 4,
                to_ms: line / 5,
                lock_wait_ns: n / 9,
                lock_wait_max_ns: n / 10,
                app: &text[0],
                tree: text[1].as_bytes(),
            };
            let headers = Headers {
                request_id: RequestId::from_u64(n / 7),
                app: &text[0],
                request: text[1].as_bytes(),
                request_left_out: line,
                response: text[2].as_bytes(),
                response_left_out: line / 2,
            };
            let records = [
                Record::Request(request(&text, n)),
                Record::Log(log),
                Record::Exception(exception),
                Record::Span(span),
                Record::Samples(samples),
                Record::Headers(headers),
            ];
            for record in records {
                let mut bytes = Vec::new();
                record.encode(&mut bytes);
                prop_assert!(bytes.len() <= RECORD_MAX);
                prop_assert_eq!(Record::decode(&bytes), Ok(record));
                for end in 0..bytes.len() {
                    prop_assert!(Record::decode(&bytes[..end]).is_err());
                }
            }
        }

        #[test]
        fn any_bytes_are_refused_or_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Record::decode(&bytes);
        }
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let long = "é".repeat(40_000);
        let attributes = [7; ATTRIBUTES_MAX];
        let (app, template) = (&*long, &*long);
        let log = Log {
            message: &long,
            exception: &long,
            app,
            template,
            attributes: &attributes,
            ..Log::default()
        };
        let mut bytes = Vec::new();
        log.encode(&mut bytes);
        assert!(bytes.len() <= RECORD_MAX);
        let Ok(Record::Log(back)) = Record::decode(&bytes) else { panic!("not a log") };
        assert_eq!(back.message.len(), MESSAGE_MAX as usize);
        assert_eq!(back.app.len(), 64);
    }

    #[test]
    fn the_byte_form_of_version_one_never_changes() {
        let log = Log { time_unix_ns: 1, line: 2, app: "a", message: "héllo", ..Log::default() };
        let mut bytes = Vec::new();
        log.encode(&mut bytes);
        let golden = "0201010000000000000000000000000000000902000000000000000000000001006100000000\
                      000006000000\
                      68c3a96c6c6f00000000";
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, golden);
    }

    #[test]
    fn the_byte_form_of_version_two_appends_to_that_of_version_one() {
        let mut attributes = crate::AttributesWriter::default();
        attributes.push("k", "v");
        let (log, request, exception) = (Log::default(), Request::default(), Exception::default());
        let (template, attributes) = ("t %d", attributes.as_bytes());
        let pairs = [
            (
                Record::Log(log),
                Record::Log(Log { template, attributes, ..log }),
                "0400742025640600\
              01006b010076",
            ),
            (Record::Request(request), Record::Request(Request { user: "7", ..request }), "010037"),
            (
                Record::Exception(exception),
                Record::Exception(Exception { user: "7", ..exception }),
                "010037",
            ),
        ];
        for (plain, extended, appended) in pairs {
            let (mut one, mut two) = (Vec::new(), Vec::new());
            plain.encode(&mut one);
            extended.encode(&mut two);
            let hex: String = two[one.len()..].iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!((one[1], two[1], &*hex), (1, 2, appended));
            assert_eq!(&one[2..], &two[2..one.len()]);
            assert_eq!(Record::decode(&two), Ok(extended));
        }
    }

    #[test]
    fn the_byte_form_of_version_three_of_a_request_appends_to_that_of_version_two() {
        let plain = Request { user: "7", ..Request::default() };
        let split = Request { split: &[1, 2], repeats: &[3], ..plain };
        let (mut two, mut three) = (Vec::new(), Vec::new());
        plain.encode(&mut two);
        split.encode(&mut three);
        assert_eq!((two[1], three[1]), (2, 3));
        assert_eq!(&three[2..two.len()], &two[2..]);
        assert_eq!(three[two.len()..], [2, 0, 1, 2, 1, 0, 3]);
        assert_eq!(Record::decode(&three), Ok(Record::Request(split)));
    }

    #[test]
    fn the_byte_form_of_version_four_of_a_request_appends_its_release() {
        let split = Request { user: "7", split: &[1, 2], repeats: &[3], ..Request::default() };
        let released = Request { release: "1.2", ..split };
        let (mut three, mut four) = (Vec::new(), Vec::new());
        split.encode(&mut three);
        released.encode(&mut four);
        assert_eq!((three[1], four[1]), (3, 4));
        assert_eq!(&four[2..three.len()], &three[2..]);
        assert_eq!(four[three.len()..], *b"\x03\x001.2");
        assert_eq!(Record::decode(&four), Ok(Record::Request(released)));
    }

    #[test]
    fn the_byte_form_of_a_span_never_changes() {
        let (app, name, file) = ("a", "SELECT ?", "m.py");
        let span = Span {
            request_id: RequestId::from_u64(1),
            id: 2,
            parent: 1,
            part: Part::Db,
            failed: true,
            count: 1,
            start_ns: 3,
            duration_ns: 4,
            rows: None,
            status: 5,
            line: 6,
            app,
            name,
            file,
        };
        let mut bytes = Vec::new();
        span.encode(&mut bytes);
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let golden = "04010100000000000000020000000100000001010100000003000000000000000400000000\
                      000000ffffffffffffffff050006000000010061080053454c454354203f04006d2e7079";
        assert_eq!(hex, golden);
    }

    #[test]
    fn the_byte_form_of_samples_never_changes() {
        let samples = Samples {
            request_id: RequestId::from_u64(1),
            time_unix_ns: 2,
            occasion: Occasion::Long,
            unseen: Unseen::Elsewhere,
            interval_ms: 50,
            looks: 3,
            samples: 4,
            from_ms: 5,
            to_ms: 6,
            lock_wait_ns: 7,
            lock_wait_max_ns: 8,
            app: "a",
            tree: &[9],
        };
        let mut bytes = Vec::new();
        samples.encode(&mut bytes);
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let golden = "0501010000000000000002000000000000000201320000000300000004000000\
                      050000000600000007000000000000000800000000000000010061010009";
        assert_eq!(hex, golden);
    }

    #[test]
    fn the_byte_form_of_headers_never_changes() {
        let headers = Headers {
            request_id: RequestId::from_u64(1),
            app: "a",
            request: &[2],
            request_left_out: 3,
            response: &[4, 5],
            response_left_out: 6,
        };
        let mut bytes = Vec::new();
        headers.encode(&mut bytes);
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "06010100000000000000010061030000000100020600000002000405");
        assert_eq!(Record::decode(&bytes), Ok(Record::Headers(headers)));
    }

    #[test]
    fn a_newer_kind_or_version_is_named() {
        assert_eq!(Record::decode(&[9, 1]), Err(EventError::UnknownKind(9)));
        let newer = EventError::UnknownVersion { kind: 1, version: 7 };
        assert_eq!(Record::decode(&[1, 7]), Err(newer));
    }
}
