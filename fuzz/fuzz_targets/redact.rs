//! Redaction of any text ends, gives text, and a secret's own name never lets
//! its value through, whatever escapes it wears.
#![no_main]

use haechi_event::redact::{self, Rules};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "Zx9canaryQ7";

fuzz_target!(|input: &str| {
    let _ = redact::text(input);
    let _ = redact::query(input);
    let _ = redact::url(input);
    let _ = redact::pair("Authorization", input);
    let _ = redact::pair("Cookie", input);
    let _ = redact::pair(input, "value");
    let _ = redact::header(input, "value");
    for name in ["cookie", "set-cookie", "authorization", "referer", "x-note"] {
        let _ = redact::header(name, input);
    }
    let _ = redact::is_secret_key(input);
    own_rules(input);
    let mut end = 0;
    for cut in redact::rules().cuts(input) {
        assert!(cut.start >= end && input.is_char_boundary(cut.start));
        end = cut.end();
        assert!(input.is_char_boundary(end));
    }
    // whatever stands around it, but the same again
    if input.contains("canary") {
        return;
    }
    let rest: String = input.chars().filter(|c| !"#?&;=%@".contains(*c)).take(40).collect();
    let query = format!("{rest}=1&password={SECRET}&{rest}");
    assert!(!redact::query(&query).contains(SECRET), "{query}");
    let url = format!("/path?{query}");
    assert!(!redact::url(&url).contains(SECRET), "{url}");
    let list = format!("{rest};sid={SECRET};{rest}");
    assert!(!redact::header("Cookie", &list).contains(SECRET), "{list}");
    assert!(!redact::header("authorization", &format!("{rest} {SECRET}")).contains(SECRET));
    assert!(!redact::pair("password", &format!("{rest}{SECRET}")).contains(SECRET));
});

/// A folder's own rules are usable or refused.
fn own_rules(input: &str) {
    let list = [input.to_owned()];
    if let Ok(rules) = Rules::standard().with_patterns(&list) {
        let _ = rules.text(input);
    }
    if let Ok(rules) = Rules::standard().with_keys(&list) {
        let _ = rules.text(input);
    }
}
