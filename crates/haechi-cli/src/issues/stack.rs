use crate::answers::{Cause, Frame};
use crate::terminal::{Terminal, Tone};
use haechi_event::inert;
use std::fmt::Write;

/// The chain of causes for people: the exception itself first, its frames
/// outermost first, those of libraries folded unless there are no others.
pub(super) fn push_causes(out: &mut String, terminal: Terminal, causes: &[Cause]) {
    for cause in causes {
        let tie = match cause.tie.as_str() {
            "cause" => "raised from ",
            "context" => "raised while handling ",
            _ => "",
        };
        let title = inert(&format!("{}: {}", cause.kind, cause.message));
        line(out, &format!("\n{tie}{}", terminal.paint(Tone::Bad, &title)));
        push_frames(out, terminal, &cause.frames);
    }
}

fn push_frames(out: &mut String, terminal: Terminal, frames: &[Frame]) {
    let has_own = frames.iter().any(|frame| frame.in_app);
    let mut folded: u64 = 0;
    for frame in frames {
        if has_own && !frame.in_app {
            folded += 1 + frame.left_out;
            continue;
        }
        push_folded(out, terminal, std::mem::take(&mut folded));
        push_frame(out, terminal, frame);
        folded += frame.left_out;
    }
    push_folded(out, terminal, folded);
}

fn push_folded(out: &mut String, terminal: Terminal, frames: u64) {
    match frames {
        0 => {}
        1 => line(out, &terminal.paint(Tone::Dim, "  … 1 frame of a library")),
        n => line(out, &terminal.paint(Tone::Dim, &format!("  … {n} frames of libraries"))),
    }
}

fn push_frame(out: &mut String, terminal: Terminal, frame: &Frame) {
    let place = inert(&format!("{}:{}", frame.file, frame.line));
    let function = terminal.paint(Tone::Strong, &inert(&frame.function));
    line(out, &format!("  {function}  {}", terminal.paint(Tone::Dim, &place)));
    if !frame.source.is_empty() {
        line(out, &format!("      {}", inert(&frame.source)));
    }
    let width = frame.locals.iter().map(|local| local.name.len()).max().unwrap_or_default();
    for local in &frame.locals {
        let text = inert(&format!("{:<width$} = {}", local.name, local.value));
        line(out, &terminal.paint(Tone::Dim, &format!("        {text}")));
    }
}

fn line(out: &mut String, text: &str) {
    // writing into a String cannot fail
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, in_app: bool, left_out: u64) -> Frame {
        Frame {
            file: "controllers/default.py".to_owned(),
            function: function.to_owned(),
            line: 7,
            in_app,
            source: "1 / zero".to_owned(),
            locals: Vec::new(),
            left_out,
        }
    }

    fn cause(tie: &str, frames: Vec<Frame>) -> Cause {
        Cause { tie: tie.to_owned(), kind: "E".to_owned(), message: "\x1b[2J".to_owned(), frames }
    }

    #[test]
    fn frames_of_libraries_are_folded_unless_there_are_no_others() {
        let frames = vec![frame("wsgi", false, 3), frame("run", false, 0), frame("pay", true, 2)];
        let mut out = String::new();
        let causes = [cause("raised", frames), cause("cause", vec![frame("get", false, 0)])];
        push_causes(&mut out, Terminal::plain(), &causes);
        let want = "\nE: \\x1b[2J\n  … 5 frames of libraries\n  pay  controllers/default.py:7\n      \
            1 / zero\n  … 2 frames of libraries\n\nraised from E: \\x1b[2J\n  get  \
            controllers/default.py:7\n      1 / zero\n";
        assert_eq!(out, want);
    }
}
