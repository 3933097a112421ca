use super::*;
use crate::{Begin, Recorder, RecorderOptions, span_clock_ns};
use haechi_event::{Record, Repeat, Split, decode_repeats};
use haechi_spool::read::SpoolDir;
use proptest::prelude::*;

fn recorder(data: &std::path::Path) -> Recorder {
    Recorder::new(RecorderOptions {
        data: data.to_path_buf(),
        default_on: true,
        program: "test".into(),
        release: String::new(),
        runtime: String::new(),
    })
}

struct Told {
    spans: Vec<String>,
    rows: Vec<Option<u64>>,
    split: Split,
    duration_ns: u64,
    repeats: Vec<String>,
}

/// The only request in the spool and its spans.
fn told(recorder: &Recorder) -> Told {
    let dir = SpoolDir::open(recorder.spool_dir()).unwrap();
    let (mut spans, mut rows, mut request) = (Vec::new(), Vec::new(), None);
    for name in dir.segments().unwrap() {
        let mut buffer = Vec::new();
        let chunk = dir.reader(&name).unwrap().read(&mut buffer, 1 << 20).unwrap().records;
        for raw in &chunk {
            match Record::decode(raw.payload).unwrap() {
                Record::Span(s) => {
                    rows.push(s.rows);
                    spans.push(format!(
                        "{} {} {} {} {}",
                        s.id,
                        s.parent,
                        s.part.name(),
                        s.name,
                        s.count
                    ));
                }
                Record::Request(r) => {
                    let repeats = decode_repeats(r.repeats).map(|repeat: Repeat<'_>| {
                        format!("{} {} {}:{}", repeat.count, repeat.name, repeat.file, repeat.line)
                    });
                    let split = Split::decode(r.split).unwrap();
                    request = Some((split, r.duration_ns, repeats.collect()));
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let (split, duration_ns, repeats) = request.unwrap();
    Told { spans, rows, split, duration_ns, repeats }
}

fn query(name: &str) -> SpanEnd<'_> {
    SpanEnd { name, file: "app/items.py", line: 7, ..SpanEnd::default() }
}

#[test]
fn spans_know_their_parents_and_tell_no_data() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = recorder(dir.path());
    let mut guard = recorder.begin(&Begin { app: "a", ..Begin::default() });
    let controller = guard.span_begin(Part::Controller);
    let db = guard.span_begin(Part::Db);
    guard.span_end(db, &query("SELECT 'hunter2'"));
    let call = guard.span_begin(Part::HttpClient);
    guard.span_end(call, &query("https://u:p@h/x?token=1"));
    guard.span_end(controller, &query("default/index"));
    guard.span_end(controller, &query("once more"));
    guard.set_queue_time(9);
    guard.finish(200, 0);
    assert_eq!(guard.span_begin(Part::Db), 0, "it is over");
    let told = told(&recorder);
    assert_eq!(
        told.spans,
        ["2 1 db SELECT ? 1", "3 1 http_client h/x 1", "1 0 controller default/index 1"]
    );
    assert_eq!((told.split.spans, told.split.get(Part::Queue).self_ns), (3, 9));
    assert!(told.repeats.is_empty());
}

#[test]
fn the_same_query_five_times_from_one_line_is_told_and_from_five_lines_is_not() {
    for (lines, want) in [(1, 1), (5, 0)] {
        let dir = tempfile::tempdir().unwrap();
        let recorder = recorder(dir.path());
        let mut guard = recorder.begin(&Begin { app: "a", ..Begin::default() });
        for n in 0..5 {
            let span = guard.span_begin(Part::Db);
            let name = format!("SELECT * FROM item WHERE id = {n}");
            guard.span_end(span, &SpanEnd { line: n % lines, ..query(&name) });
        }
        guard.finish(200, 0);
        let told = told(&recorder);
        assert_eq!(told.repeats.len(), want);
        if want == 1 {
            assert_eq!(told.repeats, ["5 SELECT * FROM item WHERE id = ? app/items.py:0"]);
        }
    }
}

#[test]
fn spans_past_the_bound_are_told_in_sums_and_what_is_left_out_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = recorder(dir.path());
    let mut guard = recorder.begin(&Begin { app: "a", ..Begin::default() });
    for n in 0..1000 {
        let span = guard.span_begin(Part::Db);
        guard.span_end(span, &query(&format!("SELECT {n}")));
    }
    for n in 0..70 {
        let span = guard.span_begin(Part::Other);
        guard.span_end(span, &query(&format!("work {n}")));
    }
    guard.finish(200, 0);
    let told = told(&recorder);
    assert_eq!(told.spans.len(), 200 + 64);
    assert!(told.spans.contains(&"201 0 db SELECT ? 800".to_owned()), "{:?}", told.spans);
    assert_eq!((told.split.spans, told.split.left_out), (1070, 7));
    assert_eq!(told.split.get(Part::Db).count, 1000);
}

#[test]
fn a_paused_app_tells_no_spans_and_the_next_request_begins_afresh() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = recorder(dir.path());
    recorder.disable("a");
    let mut guard = recorder.begin(&Begin { app: "a", ..Begin::default() });
    let span = guard.span_begin(Part::Db);
    guard.span_end(span, &query("unheard"));
    guard.finish(200, 0);
    recorder.enable("a");
    let mut guard = recorder.begin(&Begin { app: "a", ..Begin::default() });
    let span = guard.span_begin(Part::Cache);
    guard.span_end(span, &query("heard"));
    guard.finish(200, 0);
    let told = told(&recorder);
    assert_eq!(told.spans, ["1 0 cache heard 1"]);
    assert_eq!(told.split.get(Part::Db).count, 0);
    assert!(told.split.within_ns() <= told.duration_ns);
}

#[test]
fn a_query_lasts_until_its_rows_are_fetched_and_one_inside_of_it_is_part_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = recorder(dir.path());
    let mut guard = recorder.begin(&Begin { app: "a", ..Begin::default() });
    let many = guard.query_begin();
    assert_eq!(guard.query_begin(), 0, "inside of another");
    guard.query_end(many, 7, &query("INSERT INTO t VALUES (1)"));
    let select = guard.query_begin();
    guard.query_end(select, 7, &query("SELECT 'hunter2' FROM t"));
    let begun = span_clock_ns();
    guard.fetched(8, begun, 100);
    guard.fetched(7, begun, 2);
    guard.fetched(7, begun, 1);
    guard.pause(Part::Gc, span_clock_ns());
    guard.finish(200, 0);
    let told = told(&recorder);
    assert_eq!(told.spans, ["1 0 db INSERT INTO t VALUES (?) 1", "2 0 db SELECT ? FROM t 1"]);
    assert_eq!(told.rows, [None, Some(3)]);
    assert_eq!((told.split.get(Part::Db).count, told.split.get(Part::Gc).count), (2, 1));
    assert_eq!(told.split.spans, 2);
}

fn spans_at(now: u64) -> Spans {
    let mut spans = Spans::default();
    spans.restart(now);
    spans
}

fn self_ns(spans: &Spans, part: Part) -> u64 {
    Split::decode(spans.split_bytes()).unwrap().get(part).self_ns
}

#[test]
fn a_moment_counts_for_the_span_that_began_last() {
    let mut spans = spans_at(100);
    let outer = spans.begin(Part::Controller, 110);
    let inner = spans.begin(Part::Db, 120);
    // ends before what began in it: then that goes on by itself
    spans.end(outer, 150);
    spans.end(inner, 160);
    spans.close(200);
    assert_eq!((self_ns(&spans, Part::Controller), self_ns(&spans, Part::Db)), (10, 40));
}

#[test]
fn a_span_told_afterwards_takes_only_what_no_other_had() {
    let mut spans = spans_at(0);
    let outer = spans.begin(Part::Controller, 10);
    spans.add(Part::Gc, 30, 40);
    spans.add(Part::Db, 20, 60);
    spans.add(Part::Db, 50, 70);
    spans.add(Part::Cache, 0, 5);
    spans.end(outer, 100);
    spans.close(120);
    let parts = [Part::Controller, Part::Gc, Part::Db, Part::Cache];
    assert_eq!(parts.map(|part| self_ns(&spans, part)), [40, 10, 40, 0]);
}

proptest! {
    #[test]
    fn parts_and_rest_add_up_to_the_duration_whatever_happens(
        steps in prop::collection::vec((0u8..5, 0u8..13, 0u64..50, 0u64..80), 0..200),
    ) {
        let (begin, mut now) = (1000, 1000);
        let mut spans = spans_at(begin);
        let mut tokens = Vec::new();
        for (what, part, pause, number) in steps {
            now += pause;
            // queue time lies before the request
            let part = match Part::from_number(part) {
                Part::Queue => Part::Other,
                part => part,
            };
            match what {
                0 | 1 => tokens.push(spans.begin(part, now)),
                2 if !tokens.is_empty() => {
                    let token = tokens.swap_remove(number as usize % tokens.len());
                    spans.end(token, now);
                }
                3 => {
                    spans.cover(part, now.saturating_sub(number * 3), now);
                }
                _ => drop(spans.add(part, now.saturating_sub(number * 3), now)),
            }
        }
        now += 5;
        spans.close(now);
        let split = Split::decode(spans.split_bytes()).unwrap();
        prop_assert_eq!(split.within_ns() + spans.rest_ns(), now - begin);
    }
}
