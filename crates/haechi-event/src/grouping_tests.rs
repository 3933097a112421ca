use crate::{Cause, Frame, Grouping, Tie};

/// An occurrence, shortly: app, type, message, frames as `file:function:line:source`,
/// with `~` before those of a framework, then types of causes.
fn fingerprint(spec: &str) -> u64 {
    let mut parts = spec.split(" | ");
    let (app, kind) = (parts.next().unwrap(), parts.next().unwrap());
    let message = parts.next().unwrap_or_default();
    let frames = parts.next().unwrap_or_default();
    let mut causes = vec![Cause { kind, message, frames: frames_of(frames), ..Cause::default() }];
    for kind in parts {
        causes.push(Cause { tie: Tie::Cause, kind, ..Cause::default() });
    }
    Grouping::of(app, kind, message, &causes).fingerprint
}

fn frames_of(spec: &str) -> Vec<Frame<'_>> {
    let frames = spec.split(" > ").filter(|frame| !frame.is_empty());
    let parsed = frames.map(|frame| {
        let mut parts = frame.trim_start_matches('~').split(':');
        Frame {
            file: parts.next().unwrap(),
            function: parts.next().unwrap_or_default(),
            line: parts.next().and_then(|line| line.parse().ok()).unwrap_or(1),
            source: parts.next().unwrap_or_default(),
            in_app: !frame.starts_with('~'),
            ..Frame::default()
        }
    });
    parsed.collect()
}

#[test]
fn thirty_pairs_that_must_be_one_issue_are() {
    for (a, b) in SAME {
        assert_eq!(fingerprint(a), fingerprint(b), "{a}\n{b}");
    }
    assert_eq!(SAME.len(), 30);
}

#[test]
fn thirty_pairs_that_must_be_two_issues_are() {
    for (a, b) in DIFFERENT {
        assert_ne!(fingerprint(a), fingerprint(b), "{a}\n{b}");
    }
    assert_eq!(DIFFERENT.len(), 30);
}

const SAME: [(&str, &str); 30] = [
    (
        "shop | KeyError | 'card' | c/d.py:pay:1:x[k]",
        "shop | KeyError | 'cash' | c/d.py:pay:1:x[k]",
    ),
    ("shop | E | no cover for 1 won | d.py:f", "shop | E | no cover for 26000 won | d.py:f"),
    ("shop | E | m | d.py:f:10:raise E", "shop | E | m | d.py:f:99:raise E"),
    ("shop | E | m | /a/b/c/d.py:f", "shop | E | m | /srv/www/c/d.py:f"),
    ("shop | E | m | ~gluon/main.py:w:1 > d.py:f", "shop | E | m | ~gluon/main.py:w:7 > d.py:f"),
    ("shop | E | m | ~gluon/main.py:w > d.py:f", "shop | E | m | d.py:f"),
    ("shop | E | m | d.py:f > ~lib/json.py:loads", "shop | E | m | d.py:f > ~lib/json2.py:decode"),
    ("shop | E | m | d.py:f > d.py:f", "shop | E | m | d.py:f > d.py:f > d.py:f > d.py:f"),
    ("shop | E | item 0x7fa0 gone | d.py:f", "shop | E | item 0x81bc gone | d.py:f"),
    (
        "shop | E | id 550e8400-e29b-41d4-a716-446655440000 | d.py:f",
        "shop | E | id 123e4567-e89b-12d3-a456-426614174000 | d.py:f",
    ),
    ("shop | E | from 10.0.0.1:80 | d.py:f", "shop | E | from 192.168.1.44:8080 | d.py:f"),
    ("shop | E | took 1.5 s | d.py:f", "shop | E | took 0.75 s | d.py:f"),
    ("shop | E | \"a\" is bad | d.py:f", "shop | E | \"b c\" is bad | d.py:f"),
    ("shop | E | a  b | d.py:f", "shop | E | a b | d.py:f"),
    ("shop | E |  | d.py:f", "shop | E |  | d.py:f"),
    ("shop | E | 한글 3개 | d.py:f", "shop | E | 한글 14개 | d.py:f"),
    (
        "shop | ZeroDivisionError | division by zero | d.py:f",
        "shop | ZeroDivisionError | division by zero | d.py:f",
    ),
    ("shop | E | row 1 col 2 | d.py:f", "shop | E | row 33 col 4 | d.py:f"),
    ("shop | E | 'it\\'s' | d.py:f", "shop | E | 'x' | d.py:f"),
    ("shop | E | m | d.py:f | KeyError", "shop | E | m | d.py:f | KeyError"),
    ("shop | E | at 12:30:45 | d.py:f", "shop | E | at 23:59:59 | d.py:f"),
    ("shop | E | m | d.py:f:1:pay(order, 5)", "shop | E | m | d.py:f:2:pay(order, 7)"),
    ("shop | E | deadbeef01 lost | d.py:f", "shop | E | cafe0123ab lost | d.py:f"),
    ("shop | E | -5 is negative | d.py:f", "shop | E | -17 is negative | d.py:f"),
    ("shop | E | 1,000 rows | d.py:f", "shop | E | 25 rows | d.py:f"),
    ("shop | E | m | ~a.py:x", "shop | E | m | ~b.py:y"),
    ("shop | E | on 2026-11-23 | d.py:f", "shop | E | on 2025-01-02 | d.py:f"),
    ("shop | E | retry 1 of 3 | d.py:f", "shop | E | retry 2 of 3 | d.py:f"),
    ("shop | E | (1, 'a') | d.py:f", "shop | E | (2, 'b') | d.py:f"),
    ("shop | E | '' | d.py:f", "shop | E | 'something' | d.py:f"),
];

const DIFFERENT: [(&str, &str); 30] = [
    ("shop | KeyError | 'a' | d.py:f", "shop | IndexError | 'a' | d.py:f"),
    ("shop | E | m | d.py:f", "blog | E | m | d.py:f"),
    ("shop | E | m | d.py:f", "shop | E | m | d.py:g"),
    ("shop | E | m | c/d.py:f", "shop | E | m | c/e.py:f"),
    ("shop | E | m | controllers/d.py:f", "shop | E | m | models/d.py:f"),
    ("shop | E | no cover | d.py:f", "shop | E | no card | d.py:f"),
    ("shop | E | m | d.py:f > d.py:g", "shop | E | m | d.py:g"),
    ("shop | E | m | d.py:f > d.py:g", "shop | E | m | d.py:g > d.py:f"),
    ("shop | E | m | d.py:f:1:a()", "shop | E | m | d.py:f:1:b()"),
    ("shop | E | m | d.py:f", "shop | E | m | ~d.py:f"),
    ("shop | E | m | d.py:f", "shop | E | m | d.py:f | KeyError"),
    ("shop | E | m | d.py:f | KeyError", "shop | E | m | d.py:f | OSError"),
    ("shop | E | m | d.py:f | A | B", "shop | E | m | d.py:f | B | A"),
    ("shop | E | ab | d.py:f", "shop | Ea | b | d.py:f"),
    ("a | bE | m | d.py:f", "ab | E | m | d.py:f"),
    ("shop | E | timed out | d.py:f", "shop | E | refused | d.py:f"),
    ("shop | E | 5 | d.py:f", "shop | E | five | d.py:f"),
    ("shop | E |  | d.py:f", "shop | E | m | d.py:f"),
    ("shop | E | 'a' | d.py:f", "shop | E | a | d.py:f"),
    ("shop | m.E | m | d.py:f", "shop | n.E | m | d.py:f"),
    ("shop | E | row 1 | d.py:f", "shop | E | col 1 | d.py:f"),
    ("shop | E | user alice | d.py:f", "shop | E | group alice | d.py:f"),
    ("shop | E | 한글 | d.py:f", "shop | E | 한국 | d.py:f"),
    ("shop | E | m | d.py:f > e.py:g", "shop | E | m | d.py:f > e.py:h"),
    ("shop | E | m | d.py:f", "shop | E | m | d.py:f > ~x.py:y > e.py:g"),
    ("shop | E | read failed | d.py:f", "shop | E | write failed | d.py:f"),
    ("shop | E | m 1 | d.py:f", "shop | E | m 1 2 | d.py:f"),
    ("shop | E | it isn't | d.py:f", "shop | E | it is | d.py:f"),
    ("shop | WorkerDied | killed | ", "shop | WorkerDied | segmentation fault | "),
    ("shop | E | m | a/d.py:<module>", "shop | E | m | a/d.py:index"),
];

#[test]
fn workers_that_died_are_grouped_by_app_route_and_how_they_died() {
    let of = |app: &str, route: &str, how: &str, path: &str, ms: u64| {
        let message = Grouping::worker_death_message(how, &format!("GET {path}"), Some(ms));
        Grouping::of_worker_death(app, route, &message)
    };
    let one = of("shop", "default/slow", "killed by SIGKILL", "/shop/default/slow", 12_345);
    assert_eq!(one, of("shop", "default/slow", "killed by SIGKILL", "/shop/slow/x", 99));
    assert_eq!(one.culprit, "default/slow");
    assert_eq!(
        one.reason,
        "same because all are workers killed by SIGKILL in the route default/slow"
    );
    for other in [
        of("blog", "default/slow", "killed by SIGKILL", "/shop/default/slow", 12_345),
        of("shop", "default/fast", "killed by SIGKILL", "/shop/default/slow", 12_345),
        of("shop", "default/slow", "killed by SIGSEGV", "/shop/default/slow", 12_345),
    ] {
        assert_ne!(one.fingerprint, other.fingerprint);
    }
}

#[test]
fn a_workers_death_says_how_in_what_and_for_how_long() {
    let message = |age| Grouping::worker_death_message("killed by SIGKILL", "GET /slow", age);
    assert_eq!(message(Some(12_345)), "killed by SIGKILL while handling GET /slow for 12.3 s");
    assert_eq!(message(None), "killed by SIGKILL while handling GET /slow");
}
