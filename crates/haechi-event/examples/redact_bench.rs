//! Measures redaction: `cargo run --release --example redact_bench -- [rounds] [only]`.
//!
//! Prints one JSON object: for each kind of text a list with one number per
//! round, nanoseconds for one text. `only` names one kind, for a profiler.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

use haechi_event::redact;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

const CALLS: u32 = 20_000;

type Cut = for<'a> fn(&'a str) -> Cow<'a, str>;

const TEXTS: [(&str, Cut, &str); 9] = [
    ("path", redact::text, "/your_app/default/item/4711"),
    ("query", redact::query, "page=2&sort=price"),
    ("referrer", redact::url, "https://shop.example/your_app/default/index?page=2"),
    (
        "agent",
        redact::text,
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    ),
    ("log_short", redact::text, "Index page requested"),
    (
        "log_usual",
        redact::text,
        "order 20261123-004711 of customer 8812 shipped at 12:30:45 from warehouse=seoul-3, \
         3 items, total 129000 won, took 12.5 ms",
    ),
    (
        "log_sql",
        redact::text,
        "SELECT auth_user.id, auth_user.email FROM auth_user WHERE (auth_user.id = 5) LIMIT 1 \
         OFFSET 0; took 0.8 ms",
    ),
    (
        "log_json",
        redact::text,
        r#"{"event": "payment", "order": 4711, "amount": 129000, "user": "jane", "note": "a \"b\" c"}"#,
    ),
    (
        "log_secret",
        redact::text,
        "login of jane with password=hunter2 from 203.0.113.7 failed: wrong password",
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().unwrap_or_else(|| "5".to_owned()).parse()?;
    let only = arguments.next();
    let mut figures = BTreeMap::<&str, Vec<f64>>::new();
    for _ in 0..rounds {
        for (name, cut, text) in TEXTS {
            if only.as_deref().is_some_and(|only| only != name) {
                continue;
            }
            let start = Instant::now();
            for _ in 0..CALLS {
                black_box(cut(black_box(text)));
            }
            let each = start.elapsed().as_nanos() as f64 / f64::from(CALLS);
            figures.entry(name).or_default().push(each);
        }
    }
    let fields = figures.iter().map(|(name, values)| format!("\"{name}\":{values:?}"));
    println!("{{{}}}", fields.collect::<Vec<_>>().join(","));
    Ok(())
}
