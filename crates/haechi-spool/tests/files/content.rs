//! What stands in the golden files, for the program that makes them and for the
//! tests that read them.

use haechi_event::{Flags, Log, Record, Request, RequestId, Severity};

/// Milliseconds since the Unix epoch at which everything in them happened.
pub(crate) const MS: u64 = 1_795_413_600_000;
/// Short records after the first ones: more than a first segment holds.
pub(crate) const FILLERS: u32 = 900;

/// The `n`th request id of that millisecond.
pub(crate) fn id(n: u64) -> RequestId {
    RequestId::from_u64(RequestId::first_at_ms(MS).as_u64() + n)
}

/// A record of each kind with every field used, then empty ones.
pub(crate) fn records() -> Vec<Record<'static>> {
    let request = Request {
        id: id(1),
        start_unix_ns: MS * 1_000_000 + 7,
        duration_ns: 12_345_678,
        cpu_ns: 2_345_678,
        status: 500,
        flags: Flags::CPU,
        bytes_in: 77,
        bytes_out: 1_234_567_890_123,
        trace_id: *b"0123456789abcdef",
        parent_span_id: *b"76543210",
        app: "your_app",
        method: "POST",
        route: "default/index",
        path: "/your_app/default/index/해치",
        query: "q=1&password=[cut:key:8]",
        client: "192.0.2.7",
        user_agent: "Mozilla/5.0 (golden)",
        referrer: "https://example.org/",
        ticket: "your_app/192.0.2.7.2026-11-23.06-00-00.0",
        ..Request::default()
    };
    let log = Log {
        time_unix_ns: MS * 1_000_000 + 9,
        request_id: id(1),
        severity: Severity::Error,
        line: 42,
        message_bytes: 99_999,
        app: "your_app",
        logger: "web2py.app.your_app",
        route: "default/index",
        file: "controllers/default.py",
        message: "An exception occurred: 0으로 나눌 수 없습니다",
        exception: "Traceback (most recent call last):\nZeroDivisionError: division by zero",
        ..Log::default()
    };
    vec![
        Record::Request(request),
        Record::Log(log),
        Record::Request(Request::default()),
        Record::Log(Log::default()),
    ]
}

/// A short record that is told from its neighbours by its line.
pub(crate) fn filler(line: u32) -> Record<'static> {
    Record::Log(Log {
        time_unix_ns: MS * 1_000_000,
        line,
        app: "your_app",
        message: "one of many lines that fill a segment",
        ..Log::default()
    })
}
