//! A chain of causes as Python's own traceback would show it, for log files.

use haechi::{Cause, Frame, Tie, decode_stack};

/// The text, oldest cause first; empty if the bytes are no chain.
pub(crate) fn traceback(stack: &[u8]) -> String {
    let causes = decode_stack(stack).unwrap_or_default();
    let mut out = String::new();
    for (index, cause) in causes.iter().enumerate().rev() {
        show(cause, &mut out);
        // the tie of this cause says how the one after it came about
        match (index, cause.tie) {
            (0, _) | (_, Tie::Raised) => {}
            (_, Tie::Cause) => {
                out.push_str("\n\nThe above exception was the direct cause of the following:\n\n");
            }
            (_, Tie::Context) => {
                out.push_str("\n\nDuring handling of the above exception, another occurred:\n\n");
            }
        }
    }
    out
}

fn show(cause: &Cause<'_>, out: &mut String) {
    if !cause.frames.is_empty() {
        out.push_str("Traceback (most recent call last):\n");
    }
    cause.frames.iter().for_each(|frame| show_frame(frame, out));
    out.push_str(cause.kind);
    if !cause.message.is_empty() {
        out.push_str(": ");
        out.push_str(cause.message);
    }
}

fn show_frame(frame: &Frame<'_>, out: &mut String) {
    use std::fmt::Write;
    let Frame { file, line, function, source, left_out, .. } = frame;
    // writing into a String cannot fail
    let _ = writeln!(out, "  File \"{file}\", line {line}, in {function}");
    if !source.is_empty() {
        let _ = writeln!(out, "    {source}");
    }
    if *left_out > 0 {
        let _ = writeln!(out, "  … {left_out} frames left out");
    }
}
