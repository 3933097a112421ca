//! Generated records: three apps over three days, with texts no one should
//! trust. The same seed gives the same records.

use haechi_event::{
    AttributesWriter, Exception, Flags, Frame, IdLane, Log, Mechanism, Part, PartTime, Record,
    Repeat, RepeatsWriter, Request, RequestId, Severity, Span, Split, StackWriter, Tie,
};
use haechi_store::{Batch, Incoming};

/// 2026-02-28T00:00:00Z: the records lie in the three days from here.
pub(crate) const FIRST_DAY_MS: u64 = 1_772_236_800_000;
pub(crate) const DAY_MS: u64 = 86_400_000;

/// A small generator (splitmix64): what is random must be the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    /// From the environment variable `HAECHI_SEED`, else `default`; prints it.
    pub(crate) fn seeded(default: u64) -> Self {
        let seed =
            std::env::var("HAECHI_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(default);
        println!("HAECHI_SEED={seed}");
        Self(seed)
    }

    /// The same whatever the environment says.
    #[allow(dead_code, reason = "for files that are compared with")]
    pub(crate) fn fixed(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len() as u64) as usize]
    }
}

pub(crate) const APPS: [&str; 3] = ["shop", "blog", "a'dm\"in\u{0}"];
pub(crate) const ROUTES: [&str; 8] = [
    "default/index",
    "default/item",
    "/item/<int:id>",
    "(unmatched)",
    "api/list",
    "a\u{202e}b\0c",
    "'; DROP TABLE requests; --",
    "",
];
pub(crate) const METHODS: [&str; 3] = ["GET", "POST", "_OTHER"];
pub(crate) const CLIENTS: [&str; 7] =
    ["127.0.0.1", "10.0.0.7", "::1", "", "17", "203.0.113.9", "2a02::1"];
const ENDINGS: [&str; 5] = [".css", ".PNG", ".tar.gz", ".json", "."];
pub(crate) const STATUSES: [u16; 9] = [200, 200, 200, 204, 302, 404, 500, 503, 0];
const TEXTS: [&str; 7] = [
    "",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "<script>alert(1)</script>",
    "%' OR 1=1 --",
    "tab\tnew\nline \u{1b}[31m",
    "żółć 🙂",
    "42",
];
pub(crate) const WORDS: [&str; 8] =
    ["disk", "full", "retry", "payment", "timeout", "user_17", "OK", "10.0.0.7"];

pub(crate) const KEYS: [&str; 3] = ["order_id", "user", "a.b"];
pub(crate) const VALUES: [&str; 5] = ["4711", "7", "", "a \"b\"\u{0}", "żółć"];

/// A record that owns its texts, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) segment: String,
    pub(crate) pid: u32,
    pub(crate) end: u64,
    pub(crate) sequence: u32,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Request(OwnedRequest),
    Log(OwnedLog),
    Exception(OwnedException),
    Span(OwnedSpan),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OwnedRequest {
    pub(crate) id: RequestId,
    pub(crate) start_unix_ns: u64,
    pub(crate) duration_ns: u64,
    pub(crate) cpu_ns: u64,
    pub(crate) status: u16,
    pub(crate) flags: Flags,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) trace_id: [u8; 16],
    pub(crate) parent_span_id: [u8; 8],
    pub(crate) app: String,
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) client: String,
    pub(crate) user_agent: String,
    pub(crate) referrer: String,
    pub(crate) ticket: String,
    pub(crate) user: String,
    pub(crate) release: String,
    pub(crate) split: Vec<u8>,
    pub(crate) repeats: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OwnedLog {
    pub(crate) time_unix_ns: u64,
    pub(crate) request_id: RequestId,
    pub(crate) severity: Severity,
    pub(crate) line: u32,
    pub(crate) message_bytes: u64,
    pub(crate) app: String,
    pub(crate) logger: String,
    pub(crate) route: String,
    pub(crate) file: String,
    pub(crate) message: String,
    pub(crate) exception: String,
    pub(crate) template: String,
    /// Names and values.
    pub(crate) pairs: Vec<(String, String)>,
    /// Their byte form.
    pub(crate) attributes: Vec<u8>,
}

impl OwnedLog {
    pub(crate) fn log(&self) -> Log<'_> {
        Log {
            time_unix_ns: self.time_unix_ns,
            request_id: self.request_id,
            severity: self.severity,
            line: self.line,
            message_bytes: self.message_bytes,
            app: &self.app,
            logger: &self.logger,
            route: &self.route,
            file: &self.file,
            message: &self.message,
            exception: &self.exception,
            template: &self.template,
            attributes: &self.attributes,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OwnedSpan {
    pub(crate) request_id: RequestId,
    pub(crate) id: u32,
    pub(crate) part: Part,
    pub(crate) failed: bool,
    pub(crate) count: u32,
    pub(crate) start_ns: u64,
    pub(crate) duration_ns: u64,
    pub(crate) rows: Option<u64>,
    pub(crate) line: u32,
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) file: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OwnedException {
    pub(crate) id: RequestId,
    pub(crate) request_id: RequestId,
    pub(crate) mechanism: Mechanism,
    pub(crate) app: String,
    pub(crate) route: String,
    pub(crate) release: String,
    pub(crate) ticket: String,
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) stack: Vec<u8>,
    pub(crate) user: String,
}

impl OwnedSpan {
    fn span(&self) -> Span<'_> {
        Span {
            request_id: self.request_id,
            id: self.id,
            part: self.part,
            failed: self.failed,
            count: self.count,
            start_ns: self.start_ns,
            duration_ns: self.duration_ns,
            rows: self.rows,
            line: self.line,
            app: &self.app,
            name: &self.name,
            file: &self.file,
            ..Span::default()
        }
    }
}

impl Owned {
    pub(crate) fn unix_ms(&self) -> u64 {
        match &self.what {
            What::Request(request) => request.id.unix_ms(),
            What::Log(log) => log.time_unix_ns / 1_000_000,
            What::Exception(exception) => exception.id.unix_ms(),
            What::Span(span) => span.request_id.unix_ms(),
        }
    }

    pub(crate) fn incoming(&self) -> Incoming<'_> {
        let record = match &self.what {
            What::Request(r) => Record::Request(Request {
                id: r.id,
                start_unix_ns: r.start_unix_ns,
                duration_ns: r.duration_ns,
                cpu_ns: r.cpu_ns,
                status: r.status,
                flags: r.flags,
                bytes_in: r.bytes_in,
                bytes_out: r.bytes_out,
                trace_id: r.trace_id,
                parent_span_id: r.parent_span_id,
                app: &r.app,
                method: &r.method,
                route: &r.route,
                path: &r.path,
                query: &r.query,
                client: &r.client,
                user_agent: &r.user_agent,
                referrer: &r.referrer,
                ticket: &r.ticket,
                user: &r.user,
                release: &r.release,
                split: &r.split,
                repeats: &r.repeats,
            }),
            What::Span(s) => Record::Span(s.span()),
            What::Log(l) => Record::Log(l.log()),
            What::Exception(e) => Record::Exception(Exception {
                id: e.id,
                time_unix_ns: e.id.unix_ms() * 1_000_000,
                request_id: e.request_id,
                mechanism: e.mechanism,
                app: &e.app,
                route: &e.route,
                release: &e.release,
                ticket: &e.ticket,
                kind: &e.kind,
                message: &e.message,
                stack: &e.stack,
                user: &e.user,
            }),
        };
        Incoming {
            segment: &self.segment,
            pid: self.pid,
            end: self.end,
            sequence: self.sequence,
            record,
        }
    }
}

/// A batch of these records, and nothing else.
pub(crate) fn batch(records: &[Owned]) -> Batch<'_> {
    Batch { records: records.iter().map(Owned::incoming).collect(), ..Batch::default() }
}

/// `count` records of four processes, in the order they would be read: each
/// process's own records by time, the processes mixed.
pub(crate) fn records(random: &mut Random, count: usize) -> Vec<Owned> {
    let step = 3 * DAY_MS / count as u64;
    let mut lanes: Vec<IdLane> =
        (0..4).map(|lane| IdLane::new(lane, u64::from(lane) * 17)).collect();
    let mut ends = [0u64; 4];
    let mut sequences = [0u32; 4];
    (0..count)
        .map(|n| {
            let process = random.below(4) as usize;
            // bursts, so that minutes differ
            let ms = FIRST_DAY_MS + (n as u64 / 7) * 7 * step + random.below(step * 7 / 2 + 1);
            let what = match random.below(9) {
                8 => What::Span(span(random, ms, &mut lanes[process])),
                0 | 1 => What::Log(log(random, ms, &mut lanes[process])),
                2 => What::Exception(exception(random, ms, &mut lanes[process])),
                _ => What::Request(request(random, ms, &mut lanes[process])),
            };
            ends[process] += 64 + random.below(400);
            sequences[process] += 1;
            Owned {
                segment: format!("boot-{process}.seg"),
                pid: 1000 + process as u32,
                end: ends[process],
                sequence: sequences[process],
                what,
            }
        })
        .collect()
}

fn request(random: &mut Random, ms: u64, lane: &mut IdLane) -> OwnedRequest {
    let app = random.pick(&APPS);
    let route = random.pick(&ROUTES);
    let has_cpu = random.one_in(3);
    let mut flags = Flags::from_bits(random.below(16) as u16);
    if has_cpu {
        flags = flags.with(Flags::CPU);
    }
    let has_trace = random.one_in(5);
    let path = match random.below(5) {
        0 => route.to_owned(),
        1 => format!("/{route}"),
        2 => format!("/{app}/{route}"),
        3 => format!("/{app}/static/{}{}", random.below(30), random.pick(&ENDINGS)),
        _ => format!("/{app}/{}/{}", random.pick(&TEXTS), random.below(1000)),
    };
    OwnedRequest {
        id: lane.next(ms),
        start_unix_ns: ms * 1_000_000 + random.below(1_000_000),
        // from 64 ns to some minutes, most around a millisecond
        duration_ns: 64 << random.below(14) << random.below(14) | random.below(1 << 14),
        cpu_ns: random.below(1 << 22),
        status: STATUSES[random.below(STATUSES.len() as u64) as usize],
        flags,
        bytes_in: random.below(3) * random.below(100_000),
        bytes_out: random.below(1 << 20),
        trace_id: if has_trace { [random.next() as u8 | 1; 16] } else { [0; 16] },
        parent_span_id: if has_trace { [random.next() as u8 | 1; 8] } else { [0; 8] },
        app: app.to_owned(),
        method: random.pick(&METHODS).to_owned(),
        route: route.to_owned(),
        path,
        query: random.pick(&TEXTS).to_owned(),
        client: random.pick(&CLIENTS).to_owned(),
        user_agent: random.pick(&TEXTS).to_owned(),
        referrer: random.pick(&TEXTS).to_owned(),
        ticket: if random.one_in(20) { format!("t.{}", random.below(99)) } else { String::new() },
        user: user(random),
        release: RELEASES[ms as usize % RELEASES.len()].to_owned(),
        split: split(random),
        repeats: repeats(random),
    }
}

/// Of every second request.
fn split(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    if random.one_in(2) {
        let mut split = Split::default();
        for _ in 0..random.below(4) {
            let part = Part::from_number(random.below(13) as u8);
            let (self_ns, count) = (random.below(1 << 30), random.below(50) + 1);
            *split.get_mut(part) = PartTime { self_ns, count };
        }
        split.spans = random.below(300) as u32;
        split.encode(&mut bytes);
    }
    bytes
}

pub(crate) const QUERIES: [&str; 4] =
    ["SELECT * FROM item WHERE id = ?", "COMMIT", "SELECT 'é\u{0}", "UPDATE t SET a = ?"];

fn repeats(random: &mut Random) -> Vec<u8> {
    let mut repeats = RepeatsWriter::default();
    if random.one_in(8) {
        let (count, total_ns) = (random.below(90) as u32 + 5, random.below(1 << 32));
        let (name, line) = (random.pick(&QUERIES), 7);
        repeats.push(&Repeat { count, total_ns, name, file: "models/db.py", line });
    }
    repeats.as_bytes().to_vec()
}

fn span(random: &mut Random, ms: u64, lane: &mut IdLane) -> OwnedSpan {
    let is_query = random.one_in(2);
    OwnedSpan {
        request_id: lane.next(ms),
        id: random.below(300) as u32 + 1,
        part: if is_query { Part::Db } else { Part::from_number(random.below(13) as u8) },
        failed: random.one_in(9),
        count: if random.one_in(9) { random.below(800) as u32 + 1 } else { 1 },
        start_ns: random.below(1 << 30),
        duration_ns: random.below(1 << 32),
        rows: random.one_in(3).then(|| random.below(1000)),
        line: random.below(3) as u32,
        app: random.pick(&APPS).to_owned(),
        name: random.pick(&QUERIES).to_owned(),
        file: random.pick(&["", "models/db.py"]).to_owned(),
    }
}

fn log(random: &mut Random, ms: u64, lane: &mut IdLane) -> OwnedLog {
    let mut words: Vec<&str> = (0..1 + random.below(6)).map(|_| random.pick(&WORDS)).collect();
    if random.one_in(5) {
        words.push(random.pick(&TEXTS));
    }
    let message = words.join(if random.one_in(2) { " " } else { ": " });
    let exception = match random.below(6) {
        0 => format!("Traceback\n  ValueError: {}", random.pick(&WORDS)),
        _ => String::new(),
    };
    let pairs: Vec<(String, String)> = (0..random.below(3))
        .map(|_| (random.pick(&KEYS).to_owned(), random.pick(&VALUES).to_owned()))
        .collect();
    let mut attributes = AttributesWriter::default();
    for (key, value) in &pairs {
        attributes.push(key, value);
    }
    OwnedLog {
        template: random.pick(&["", "", "%s", "took %d ms", "a'%(b)s: \u{1}%r"]).to_owned(),
        pairs,
        attributes: attributes.as_bytes().to_vec(),
        // whole milliseconds, so that lines of one time meet
        time_unix_ns: ms * 1_000_000,
        request_id: if random.one_in(2) { lane.next(ms) } else { RequestId::NONE },
        severity: Severity::ALL[random.below(6) as usize],
        line: random.below(500) as u32,
        message_bytes: message.len() as u64 + random.below(10),
        app: random.pick(&APPS).to_owned(),
        logger: random.pick(&["", "web2py.app.shop", "root"]).to_owned(),
        route: random.pick(&ROUTES).to_owned(),
        file: random.pick(&["", "models/db.py", "default.py"]).to_owned(),
        message,
        exception,
    }
}

const KINDS: [&str; 4] = ["ValueError", "shop.PaymentRefused", "K'\u{0}\u{202e}", "KeyError"];
const FRAMES: [(&str, &str); 4] = [
    ("models/db.py", "<module>"),
    ("controllers/default.py", "pay"),
    ("modules/<script>.py", "call\u{1b}[0m"),
    ("gluon/restricted.py", "restricted"),
];
pub(crate) const RELEASES: [&str; 4] = ["", "1.0", "1.1", "'; --"];

fn exception(random: &mut Random, ms: u64, lane: &mut IdLane) -> OwnedException {
    let kind = random.pick(&KINDS);
    let id = lane.next(ms);
    let message = match random.below(4) {
        0 => format!("no cover for {} won", random.below(100_000)),
        1 => format!("{} of '{}'", random.pick(&WORDS[..3]), random.below(9)),
        2 => "ż".repeat(600),
        _ => String::new(),
    };
    OwnedException {
        stack: stack(kind, &message, random.below(4) as usize, random.below(3) as usize),
        id,
        request_id: if random.one_in(2) { lane.next(ms) } else { RequestId::NONE },
        mechanism: Mechanism::ALL[random.below(7) as usize],
        app: random.pick(&APPS).to_owned(),
        route: random.pick(&ROUTES).to_owned(),
        release: random.pick(&RELEASES).to_owned(),
        ticket: if random.one_in(3) { format!("shop/{id}") } else { String::new() },
        kind: kind.to_owned(),
        message,
        user: user(random),
    }
}

/// Half of them nobody.
fn user(random: &mut Random) -> String {
    if random.one_in(2) { random.below(19).to_string() } else { String::new() }
}

/// A chain with `frames` frames, the last of the list not the app's, the one
/// at `depth` raising.
pub(crate) fn stack(kind: &str, message: &str, frames: usize, depth: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut stack = StackWriter::new(&mut bytes);
    stack.cause(Tie::Raised, kind, message);
    for (file, function) in FRAMES.iter().cycle().skip(depth).take(frames) {
        let in_app = !file.starts_with("gluon");
        let source = "raise it";
        stack.frame(&Frame { file, function, line: 7, in_app, source, ..Frame::default() });
        stack.local("amount", "<b>&\u{0}</b>");
    }
    bytes
}
