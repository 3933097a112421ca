//! The text of a traceback, as Python 2.7 to 3.14 print it, taken apart again.

/// One exception of the text, oldest first as it is printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Printed<'a> {
    /// The class as it is printed.
    pub(crate) kind: &'a str,
    /// The message, all lines of it.
    pub(crate) message: String,
    /// Outermost first.
    pub(crate) frames: Vec<PrintedFrame<'a>>,
    /// How the exception after it came about; the last has none.
    pub(crate) then: Option<Then>,
}

/// One frame of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PrintedFrame<'a> {
    pub(crate) file: &'a str,
    /// Empty for the place of a mistake in syntax.
    pub(crate) function: &'a str,
    pub(crate) line: u32,
    pub(crate) source: &'a str,
    /// The same frame followed so many times more.
    pub(crate) repeated: u32,
}

/// What stands between two exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// `raise … from` it.
    CausedDirectly,
    /// Another was raised while it was handled.
    WasBeingHandled,
}

const HEADER: &str = "Traceback (most recent call last):";
const CAUSE: &str = "The above exception was the direct cause of the following exception:";
const CONTEXT: &str = "During handling of the above exception, another exception occurred:";

/// Takes the text apart. What cannot be understood is left out; text without
/// any exception gives none.
pub(crate) fn parse(text: &str) -> Vec<Printed<'_>> {
    let mut parts: Vec<Printed<'_>> = Vec::new();
    let mut part = Printed::default();
    let mut has_kind = false;
    for line in text.lines() {
        let then = match line {
            CAUSE => Some(Then::CausedDirectly),
            CONTEXT => Some(Then::WasBeingHandled),
            _ => None,
        };
        if then.is_some() && has_kind {
            part.then = then;
            parts.push(std::mem::take(&mut part));
            has_kind = false;
        } else if has_kind {
            part.message.push('\n');
            part.message.push_str(line);
        } else if line == HEADER || line.is_empty() {
        } else if line.starts_with(' ') {
            take_indented(line, &mut part.frames);
        } else if let Some((kind, message)) = exception(line) {
            part.kind = kind;
            part.message = message.to_owned();
            has_kind = true;
        }
    }
    if has_kind {
        parts.push(part);
    }
    for part in &mut parts {
        part.message.truncate(part.message.trim_end().len());
    }
    parts
}

/// `class: message`, or the class alone; no class has a blank in its name.
fn exception(line: &str) -> Option<(&str, &str)> {
    let (kind, message) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
    (!kind.is_empty() && !kind.contains(char::is_whitespace)).then_some((kind, message))
}

/// A line that belongs to a frame.
fn take_indented<'a>(line: &'a str, frames: &mut Vec<PrintedFrame<'a>>) {
    if let Some(frame) = frame(line) {
        frames.push(frame);
        return;
    }
    let Some(last) = frames.last_mut() else { return };
    let text = line.trim();
    if let Some(times) = repeated(text) {
        last.repeated = times;
    } else if last.source.is_empty() && !text.bytes().all(|byte| b"^~ ".contains(&byte)) {
        last.source = text;
    }
}

/// `  File "F", line N, in G`; the last part is missing where syntax is at fault.
fn frame(line: &str) -> Option<PrintedFrame<'_>> {
    let rest = line.strip_prefix("  File \"")?;
    let (file, rest) = rest.rsplit_once("\", line ")?;
    let (number, function) = rest.split_once(", in ").unwrap_or((rest, ""));
    Some(PrintedFrame { file, function, line: number.parse().ok()?, ..PrintedFrame::default() })
}

fn repeated(text: &str) -> Option<u32> {
    let rest = text.strip_prefix("[Previous line repeated ")?;
    rest.split_once(" more time")?.0.parse().ok()
}
