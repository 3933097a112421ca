//! Measures redaction: `cargo run --release --example redact_bench -- [rounds] [only]`.
//!
//! Prints one JSON object: for each kind of text a list with one number per
//! round, nanoseconds for one text. `only` names one kind, for a profiler. `copy`
//! is what keeping the usual line costs without looking at it; behind `own_` the
//! rules have some keys and patterns of a folder, behind `most_` as many patterns
//! as there may be.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

use haechi_event::redact::{self, Rules};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

const CALLS: u32 = 20_000;

const USUAL: &str = "order 20261123-004711 of customer 8812 shipped at 12:30:45 from \
     warehouse=seoul-3, 3 items, total 129000 won, took 12.5 ms";
const KEYS: [&str; 4] = ["internal_ref", "resident_number", "account_no", "seat"];
/// With a beginning to look for and without, long and short.
const PATTERNS: [&str; 4] =
    ["ACME-[0-9]{8}", r"\b[0-9]{6}-[1-4][0-9]{6}\b", "(?i)kr[0-9a-f]{24}", r"[A-Z]{3}\d{5}[A-Z]"];

type Cut = fn(&Rules, &str) -> usize;

const TEXTS: [(&str, Cut, &str); 11] = [
    ("path", text, "/your_app/default/item/4711"),
    ("query", query, "page=2&sort=price"),
    ("referrer", url, "https://shop.example/your_app/default/index?page=2"),
    ("agent", text, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    ("log_short", text, "Index page requested"),
    ("log_usual", text, USUAL),
    ("copy", copy, USUAL),
    (
        "log_sql",
        text,
        "SELECT auth_user.id, auth_user.email FROM auth_user WHERE (auth_user.id = 5) LIMIT 1 \
         OFFSET 0; took 0.8 ms",
    ),
    (
        "log_json",
        text,
        r#"{"event": "payment", "order": 4711, "amount": 129000, "user": "jane", "note": "a \"b\" c"}"#,
    ),
    (
        "log_secret",
        text,
        "login of jane with password=hunter2 from 203.0.113.7 failed: wrong password",
    ),
    ("named", named, "203.0.113.7"),
];

fn text(rules: &Rules, text: &str) -> usize {
    rules.text(text).len()
}

fn query(rules: &Rules, text: &str) -> usize {
    rules.query(text).len()
}

fn url(rules: &Rules, text: &str) -> usize {
    rules.url(text).len()
}

fn named(rules: &Rules, text: &str) -> usize {
    rules.pair("client_address", text).len()
}

fn copy(_: &Rules, text: &str) -> usize {
    black_box(text.to_owned()).len()
}

fn own_rules() -> Result<Rules, redact::RuleError> {
    Rules::standard()
        .with_keys(&KEYS.map(str::to_owned))?
        .with_patterns(&PATTERNS.map(str::to_owned))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().unwrap_or_else(|| "5".to_owned()).parse()?;
    let only = arguments.next();
    let most: Vec<String> = (0..64).map(|n| format!("[A-Z]{{3}}{n:02}\\d{{5}}[A-Z]")).collect();
    let most = Rules::standard().with_patterns(&most)?;
    let kinds = [("", Rules::standard()), ("own_", own_rules()?), ("most_", most)];
    let mut figures = BTreeMap::<String, Vec<f64>>::new();
    for _ in 0..rounds {
        for (kind, rules) in &kinds {
            for (name, cut, text) in TEXTS {
                let name = format!("{kind}{name}");
                if only.as_ref().is_some_and(|only| *only != name) {
                    continue;
                }
                let start = Instant::now();
                for _ in 0..CALLS {
                    black_box(cut(black_box(rules), black_box(text)));
                }
                let each = start.elapsed().as_nanos() as f64 / f64::from(CALLS);
                figures.entry(name).or_default().push(each);
            }
        }
    }
    let fields = figures.iter().map(|(name, values)| format!("\"{name}\":{values:?}"));
    println!("{{{}}}", fields.collect::<Vec<_>>().join(","));
    Ok(())
}
