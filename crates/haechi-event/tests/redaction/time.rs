use haechi_event::redact;
use std::time::{Duration, Instant};

/// Texts made to be looked at again and again.
const HOSTILE: [&str; 26] = [
    "://a:b/",
    "//u:p",
    "password=",
    "password: [",
    "password: {\"",
    "token: ",
    "into t(password) values (",
    "into t(",
    "into ",
    "-----BEGIN PRIVATE KEY",
    "-----BEGIN ",
    "sk-",
    "sk-sk_",
    "eyJ",
    "eyJ.",
    "4111 ",
    "4111-1111-",
    "%25",
    "\\u0025",
    "&#37;",
    "&amp;",
    "name=\"password\"",
    "<password>",
    "Bearer ",
    "Basic ",
    "='\"'",
];

fn took(text: &str) -> Duration {
    // the least of many: whatever else runs on the machine only adds
    let times = (0..9).map(|_| {
        let start = Instant::now();
        std::hint::black_box((redact::text(text), redact::query(text), redact::url(text)));
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

#[test]
fn time_grows_with_the_length_of_the_text_and_not_faster() {
    for seed in HOSTILE {
        let small = seed.repeat(4 * 1024 / seed.len());
        let large = seed.repeat(64 * 1024 / seed.len());
        // 16 times the text; a quadratic way would take 256 times as long
        let (few, many) = (took(&small), took(&large));
        let floor = Duration::from_micros(200);
        assert!(many < few.max(floor) * 80, "{seed:?}: {few:?}, then {many:?}");
    }
}
