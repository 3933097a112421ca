//! Any bytes are an event or refused; an event has one byte form.
#![no_main]

use haechi_event::{HEADERS_MAX, HeadersWriter, Record, decode_headers};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = Record::decode(bytes) else { return };
    let mut first = Vec::new();
    record.encode(&mut first);
    // fields that were too long are cut once, and then never again
    let again = Record::decode(&first).expect("what was encoded is decoded");
    let mut second = Vec::new();
    again.encode(&mut second);
    assert_eq!(first, second);
    let _ = record.unix_ns();
    if let Record::Headers(headers) = record {
        // what is read can be written again
        let mut writer = HeadersWriter::default();
        decode_headers(headers.request).for_each(|header| writer.push(header.name, header.value));
        assert!(writer.as_bytes().len() <= HEADERS_MAX);
    }
});
