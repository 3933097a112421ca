//! A `traceparent` is read only if it has the form that the W3C gives it.
#![no_main]

use haechi_event::Traceparent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let Some(found) = Traceparent::parse(input) else { return };
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(hex(&found.trace_id), input[3..35]);
    assert_eq!(hex(&found.parent_span_id), input[36..52]);
    assert_ne!(found.trace_id, [0; 16]);
    assert_ne!(found.parent_span_id, [0; 8]);
    assert_ne!(&input[..2], "ff");
    assert!(input.len() == 55 || (&input[..2] != "00" && input.as_bytes()[55] == b'-'));
});
