//! Tickets that real Pythons wrote, and tickets that were written to do harm.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
use haechi_event::decode_stack;
use haechi_ticket::{Occurrence, Ticket, TicketError, pickle};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

const WANTED: [&str; 3] = ["layer", "output", "traceback"];

fn golden() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "pickle"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn tickets_of_every_protocol_and_of_python_2_tell_the_same() {
    let golden = golden();
    assert_eq!(golden.len(), 9);
    for (path, bytes) in golden {
        let ticket = Ticket::read(&bytes).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert!(ticket.layer.ends_with("controllers/default.py"), "{path:?}");
        let found = Occurrence::of(&ticket);
        assert_eq!(
            (found.kind.as_str(), found.message.as_str(), found.route.as_str()),
            ("NoCover", "no cover for 5 ₩ 😀", "default/buy"),
            "{path:?}"
        );
        let causes = decode_stack(&found.stack).unwrap();
        let frames: Vec<_> =
            causes[0].frames.iter().map(|f| (f.function, f.line, f.in_app, f.source)).collect();
        assert_eq!(
            frames,
            [
                ("restricted", 319, false, "exec(ccode, environment)"),
                ("<module>", 55, false, ""),
                ("<lambda>", 422, false, "self._caller = lambda f: f()"),
                ("buy", 14, true, "pay(order, password='[cut:key:7]')"),
                ("pay", 9, true, "raise NoCover(f\"no cover for {amount} ₩\")"),
            ],
            "{path:?}"
        );
        for secret in ["hunter2", "hunter3"] {
            assert!(!found.stack.windows(7).any(|part| part == secret.as_bytes()), "{path:?}");
        }
    }
}

#[test]
fn a_ticket_cut_at_any_byte_is_refused() {
    for (path, bytes) in golden() {
        // each of the first and last bytes, and samples between
        let ends = (0..bytes.len().min(2000)).chain((2000..bytes.len()).step_by(97));
        for end in ends.chain(bytes.len().saturating_sub(500)..bytes.len()) {
            let refused = Ticket::read(&bytes[..end]);
            assert!(
                matches!(refused, Err(TicketError::Truncated(_))),
                "{path:?} {end}: {refused:?}"
            );
        }
    }
}

fn refused(bytes: &[u8]) -> TicketError {
    Ticket::read(bytes).unwrap_err()
}

#[test]
fn a_ticket_that_would_run_code_is_refused_by_the_name_of_it() {
    for (bytes, name) in [
        (b"cos\nsystem\n(S'touch canary'\ntR.".as_slice(), "os.system"),
        (b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x05touch\x85R.", "posix.system"),
        (b"}\x8c\x09traceback\x8c\x02os\x8c\x06system\x93)Rs.", "os.system"),
        (b"(S'touch'\nios\nsystem\n.", "os.system"),
        (b"(c__builtin__\neval\nS'1'\no.", "__builtin__.eval"),
        (b"}cbuiltins\ngetattr\nb.", "builtins.getattr"),
        (b"}Pwho\ns.", "object that only its writer knows"),
        (b"}\x82\x01s.", "registry"),
        (b"}\x97s.", "buffer"),
        (b"NN\x93.", "computes"),
    ] {
        let error = refused(bytes);
        assert!(matches!(error, TicketError::Foreign(_)), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn nothing_makes_it_nest_or_remember_beyond_measure() {
    for opcode in [b'(', b']', b'}', b'N'] {
        assert!(matches!(refused(&vec![opcode; 4 << 20]), TicketError::TooDeep(_)));
    }
    // a list that doubles with each instruction, had it been built
    let doubling: Vec<u8> =
        b"]q\x00".iter().copied().chain(b"h\x00h\x00\x86q\x00".repeat(1000)).collect();
    assert!(Ticket::read(&doubling).is_err());
    // as many texts under numbers of their own
    let mut memo = Vec::new();
    for number in 0_u32..100_000 {
        memo.extend_from_slice(b"\x8c\x01ar");
        memo.extend_from_slice(&number.to_le_bytes());
        memo.push(b'0');
    }
    assert!(matches!(refused(&memo), TicketError::TooDeep(_)));
    // the largest number there is needs no room for those before it
    assert!(matches!(refused(b"\x8c\x01ar\xff\xff\xff\xff."), TicketError::NoTicket(_)));
    for len in [
        b"X\xff\xff\xff\xff".as_slice(),
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x8b\xff\xff\xff\xffx",
    ] {
        assert!(matches!(refused(len), TicketError::Truncated(_)));
    }
}

#[test]
fn what_is_no_ticket_says_what_is_missing() {
    for (bytes, words) in [
        (b".".as_slice(), "no dict"),
        (b"N.", "no dict"),
        (b"}.", "no traceback"),
        (b"}\x8c\x09tracebackNs.", "no traceback"),
        (b"\x80\x06}.", "protocol"),
        (b"", "byte 0"),
        (b"\xff", "0xff"),
        (b"0", "nothing on the stack"),
        (b"u", "no mark"),
        (b"(a", "a mark"),
        (b"Np-1\n", "no number"),
    ] {
        let error = refused(bytes).to_string();
        assert!(error.contains(words), "{bytes:?}: {error}");
    }
}

#[test]
fn the_last_value_of_a_key_counts_and_only_of_the_outermost_dict() {
    let bytes = b"}\x8c\x09traceback\x8c\x01as\x8c\x09traceback\x8c\x01bs\x8c\x01x}\x8c\x09traceback\x8c\x01csss.";
    let bytes = &bytes[..bytes.len() - 2];
    let whole = [bytes, b"."].concat();
    assert_eq!(Ticket::read(&whole).unwrap().traceback, "b");
}

fn occurrence(traceback: &str, output: &str) -> Occurrence {
    let ticket =
        Ticket { traceback: traceback.to_owned(), output: output.to_owned(), ..Ticket::default() };
    Occurrence::of(&ticket)
}

#[test]
fn causes_are_told_newest_first_with_how_they_are_tied() {
    let text = "Traceback (most recent call last):\n  File \"/a/applications/x/models/db.py\", line 1, in f\n    {}['card']\n\
        KeyError: 'card'\n\nThe above exception was the direct cause of the following exception:\n\n\
        Traceback (most recent call last):\n  File \"y.py\", line 2, in g\n    raise E\nmod.E: no card\n\n\
        During handling of the above exception, another exception occurred:\n\n\
        Traceback (most recent call last):\n  File \"z.py\", line 3, in h\n    [Previous line repeated 970 more times]\n\
        RecursionError: too deep: really\nsecond line\n";
    let found = occurrence(text, "");
    assert_eq!(
        (found.kind.as_str(), found.message.as_str()),
        ("RecursionError", "too deep: really\nsecond line")
    );
    let causes = decode_stack(&found.stack).unwrap();
    let told: Vec<_> = causes.iter().map(|c| (c.tie.name(), c.kind, c.message)).collect();
    assert_eq!(
        told,
        [
            ("raised", "RecursionError", "too deep: really\nsecond line"),
            ("context", "mod.E", "no card"),
            ("cause", "KeyError", "'card'"),
        ]
    );
    assert_eq!(causes[0].frames[0].left_out, 970);
}

#[test]
fn a_mistake_in_syntax_is_told_with_its_place_as_python_does() {
    let text = "Traceback (most recent call last):\n  File \"/g/gluon/compileapp.py\", line 5, in compile2\n    compile()\n\
        \x20 File \"/a/controllers/default.py\", line 3\n    foo(\n       ^\nSyntaxError: '(' was never closed\n";
    let found = occurrence(text, "");
    assert_eq!(found.message, "'(' was never closed (default.py, line 3)");
    assert_eq!(decode_stack(&found.stack).unwrap()[0].frames.len(), 1);
}

#[test]
fn the_tickets_own_words_win_over_the_traceback() {
    let text = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: one\nnote that was added\n";
    assert_eq!(occurrence(text, "<class 'ValueError'> one").message, "one");
    let found = occurrence(
        "no traceback because template parsing error",
        "<type 'exceptions.IOError'> gone",
    );
    assert_eq!((found.kind.as_str(), found.message.as_str()), ("IOError", "gone"));
    let found = occurrence("no traceback because template parsing error", "");
    assert_eq!(
        (found.kind.as_str(), found.message.as_str()),
        ("Exception", "no traceback because template parsing error")
    );
}

#[test]
fn a_deep_stack_keeps_both_ends() {
    let frames: String = (0..500)
        .map(|n| format!("  File \"/applications/a/m.py\", line {n}, in f{n}\n    g()\n"))
        .collect();
    let found = occurrence(&format!("Traceback (most recent call last):\n{frames}E: x\n"), "");
    let causes = decode_stack(&found.stack).unwrap();
    let frames = &causes[0].frames;
    assert_eq!((frames.len(), frames[9].left_out, frames[49].function), (50, 450, "f499"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = pickle::texts_of_dict(&bytes, &WANTED);
    }

    #[test]
    fn any_instructions_are_read_or_refused_without_panic(
        bytes in prop::collection::vec(prop::sample::select(
            b"(.01FNIJKLMPQRSTUVX\n\x01\x00abcde}]hgijlopqrstu0123456789)\x80\x81\x85\x86\x87\x8a\x8c\x8d\x90\x91\x92\x93\x94\x95".to_vec()
        ), 0..60),
    ) {
        let _ = pickle::texts_of_dict(&bytes, &WANTED);
    }

    #[test]
    fn a_mutated_ticket_is_read_or_refused_without_panic(
        which in 0_usize..9, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = golden().swap_remove(which).1;
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(ticket) = Ticket::read(&bytes) {
            let found = Occurrence::of(&ticket);
            prop_assert!(decode_stack(&found.stack).is_ok());
        }
    }

    #[test]
    fn any_text_in_the_place_of_a_traceback_becomes_an_occurrence(
        text in "(Traceback \\(most recent call last\\):\n|  File \"[a-z/]{0,9}\", line [0-9]{0,12}, in .{0,9}\n|    .{0,20}\n|[A-Z][a-z]{0,5}: .{0,9}\n|During handling of the above exception, another exception occurred:\n|.{0,30}\n){0,12}",
        output in "(<class '.{0,9}'> )?.{0,20}",
    ) {
        let found = occurrence(&text, &output);
        prop_assert!(decode_stack(&found.stack).is_ok());
    }
}
