//! Log lines as a shop writes them: 200 templates (Zipf) of three apps, most of
//! them in requests, half of them with attributes. The same seed gives the same
//! lines.

use haechi_event::{AttributesWriter, Log, RequestId, Severity};

const TEMPLATES: usize = 200;
/// One line in so many has the rare word `quarantined`.
const RARE: u64 = 250_000;
const WORDS: [&str; 56] = [
    "order",
    "paid",
    "shipped",
    "card",
    "user",
    "login",
    "cart",
    "cache",
    "miss",
    "hit",
    "query",
    "slow",
    "request",
    "upstream",
    "retry",
    "connection",
    "refused",
    "timeout",
    "stock",
    "item",
    "price",
    "updated",
    "mail",
    "sent",
    "queue",
    "worker",
    "started",
    "finished",
    "payment",
    "gateway",
    "answered",
    "session",
    "expired",
    "token",
    "refreshed",
    "template",
    "rendered",
    "file",
    "uploaded",
    "image",
    "resized",
    "search",
    "index",
    "rebuilt",
    "invoice",
    "created",
    "customer",
    "address",
    "changed",
    "coupon",
    "applied",
    "refund",
    "requested",
    "courier",
    "assigned",
    "delivered",
];

/// Deterministic noise (splitmix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

struct Template {
    text: String,
    severity: Severity,
    logger: String,
    route: String,
    /// Until where the share of this one goes, of 2^32.
    until: u64,
}

/// Writes lines.
pub(crate) struct Lines {
    noise: Noise,
    templates: Vec<Template>,
    written: u64,
    message: String,
    attributes: AttributesWriter,
}

impl Lines {
    pub(crate) fn new(seed: u64) -> Self {
        let mut noise = Noise(7);
        let sum: f64 = (1..=TEMPLATES).map(|n| 1.0 / n as f64).sum();
        let mut share = 0.0;
        let templates = (0..TEMPLATES).map(|n| {
            share += 1.0 / (n + 1) as f64 / sum;
            let words = (0..4 + noise.next() % 6)
                .map(|_| WORDS[(noise.next() % WORDS.len() as u64) as usize]);
            let text = words.collect::<Vec<_>>().join(" ");
            let severity = match n % 40 {
                7 => Severity::Error,
                3 | 18 | 33 => Severity::Warn,
                _ if n % 5 == 4 => Severity::Debug,
                _ => Severity::Info,
            };
            Template {
                text: format!("{text} %d in %d ms"),
                severity,
                logger: format!("shop.part{}", n % 9),
                route: format!("default/page{}", n % 30),
                until: (share * 4_294_967_296.0) as u64,
            }
        });
        Self {
            templates: templates.collect(),
            noise: Noise(seed),
            written: 0,
            message: String::new(),
            attributes: AttributesWriter::default(),
        }
    }

    /// The next line, written at this time (Unix ns), in the request `id`.
    pub(crate) fn next(&mut self, time_unix_ns: u64, id: RequestId) -> Log<'_> {
        let share = self.noise.next() >> 32;
        let at = self.templates.partition_point(|one| one.until <= share).min(TEMPLATES - 1);
        let template = &self.templates[at];
        let (number, took) = (self.noise.next() % 1_000_000, self.noise.next() % 900);
        let words = template.text.trim_end_matches(" %d in %d ms");
        self.written += 1;
        let rare = if self.written.is_multiple_of(RARE) { " quarantined" } else { "" };
        self.message.clear();
        // writing into a String cannot fail
        let _ = std::fmt::Write::write_fmt(
            &mut self.message,
            format_args!("{words} {number} in {took} ms{rare}"),
        );
        self.attributes = AttributesWriter::default();
        if at % 2 == 0 {
            self.attributes.push("order_id", &number.to_string());
            self.attributes.push("user", &(number % 5000).to_string());
        }
        Log {
            time_unix_ns,
            request_id: if at % 5 == 0 { RequestId::NONE } else { id },
            severity: template.severity,
            line: at as u32 + 10,
            message_bytes: self.message.len() as u64,
            app: ["shop", "blog", "admin"][at % 3],
            logger: &template.logger,
            route: if at % 5 == 0 { "" } else { &template.route },
            file: "applications/shop/controllers/default.py",
            message: &self.message,
            exception: "",
            template: &template.text,
            attributes: self.attributes.as_bytes(),
        }
    }
}
