//! Redaction of any text ends, gives text, and a secret's own name never lets
//! its value through.
#![no_main]

use haechi_event::redact;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let _ = redact::text(input);
    let _ = redact::query(input);
    let _ = redact::url(input);
    let _ = redact::header("Authorization", input);
    let _ = redact::header("Cookie", input);
    let _ = redact::header(input, "value");
    let _ = redact::is_secret_key(input);
    // whatever stands around it, but the same again
    if input.contains("canary") {
        return;
    }
    let rest: String = input.chars().filter(|c| !"#?&;=%".contains(*c)).take(40).collect();
    let query = format!("{rest}=1&password=Zx9canaryQ7&{rest}");
    assert!(!redact::query(&query).contains("Zx9canaryQ7"), "{query}");
    let url = format!("/path?{query}");
    assert!(!redact::url(&url).contains("Zx9canaryQ7"), "{url}");
});
