//! A query of any text keeps none of its data, is short, and ends.
#![no_main]

use haechi_event::{Quotes, normalise_sql};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "zqxcanary";
/// What a normalised query has at most, in bytes.
const LONGEST: usize = 1024;

fn normal(sql: &str, quotes: Quotes) -> String {
    let mut out = String::new();
    normalise_sql(sql, quotes, &mut out);
    assert!(out.len() <= LONGEST, "{} bytes", out.len());
    out
}

fuzz_target!(|input: &str| {
    for quotes in [Quotes::Names, Quotes::Text] {
        let _ = normal(input, quotes);
    }
    // what opens or ends a text, a name or a comment would change what is data
    let rest: String = input.chars().filter(|c| !"'\"\\$`/-#*".contains(*c)).take(60).collect();
    let within = input.replace(['\\', '\0'], "").replace('\'', "''");
    if rest.contains("canary") || within.contains("canary") {
        return;
    }
    for quotes in [Quotes::Names, Quotes::Text] {
        for sql in [
            format!("SELECT a FROM t WHERE {rest} = '{SECRET}' AND b IN ('{SECRET}', 1)"),
            format!("{rest} '{within}{SECRET}'{rest}"),
            format!("{rest}('{SECRET}{within}'), ('{within}', '{SECRET}') {rest}"),
            format!("{rest} '{within}{SECRET}"),
        ] {
            let found = normal(&sql, quotes);
            assert!(!found.contains(SECRET), "{sql} -> {found}");
        }
    }
});
