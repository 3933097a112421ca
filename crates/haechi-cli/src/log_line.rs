use crate::answers::Log;
use crate::found_words::FoundWords;
use crate::moment::shown;
use crate::terminal::{Terminal, Tone, columns, cut};
use haechi_event::{inert, push_inert};

/// Columns that an app or a route takes at the most.
const NAME_MAX: usize = 24;
/// What follows a line feed in a message: no part of it can be mistaken for a
/// line of its own.
const CONTINUED: &[u8] = b"\n    ";

/// Log lines as text. Columns are as wide as what was shown so far.
#[derive(Debug)]
pub(crate) struct LogLines {
    terminal: Terminal,
    app_width: usize,
    route_width: usize,
    found: FoundWords,
}

impl LogLines {
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self { terminal, app_width: 0, route_width: 0, found: FoundWords::default() }
    }

    /// Marks these words from now on.
    pub(crate) fn mark(&mut self, found: FoundWords) {
        self.found = found;
    }

    /// Makes columns wide enough for all of these lines.
    pub(crate) fn fit(&mut self, logs: &[Log]) {
        for log in logs {
            let width = |text: &str| columns(&inert(text)).min(NAME_MAX);
            self.app_width = self.app_width.max(width(&log.app));
            self.route_width = self.route_width.max(width(&log.route));
        }
    }

    /// One line, and more for a message of several lines or a traceback.
    pub(crate) fn text(&mut self, log: &Log) -> String {
        self.fit(std::slice::from_ref(log));
        let terminal = self.terminal;
        let time = terminal.paint(Tone::Dim, &inert(&shown(&log.time)));
        let level = terminal.paint(tone_of(&log.level), &format!("{:<5}", inert(&log.level)));
        let app = filled(&log.app, self.app_width);
        let route = terminal.paint(Tone::Dim, &filled(&log.route, self.route_width));
        let logger = terminal.paint(Tone::Dim, &format!("{}:", inert(&log.logger)));
        let mut message = self.marked(&continued(&log.message));
        if log.message_bytes > log.message.len() as u64 {
            message.push_str(&format!(" … ({} bytes)", log.message_bytes));
        }
        for attribute in &log.attributes {
            let pair = format!("{}={}", inert(&attribute.key), inert(&attribute.value));
            message.push(' ');
            message.push_str(&terminal.paint(Tone::Dim, &pair));
        }
        let mut out = format!("{time} {level} {app} {route} {logger} {message}\n");
        if let Some(exception) = &log.exception {
            out.push_str("    ");
            out.push_str(&terminal.paint(Tone::Dim, continued(exception).trim_end()));
            out.push('\n');
        }
        out
    }

    /// A text, inert already, with the words that were looked for.
    fn marked(&self, text: &str) -> String {
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for (from, to) in self.found.ranges(text) {
            out.push_str(&text[at..from]);
            out.push_str(&self.terminal.paint(Tone::Found, &text[from..to]));
            at = to;
        }
        out.push_str(&text[at..]);
        out
    }
}

pub(crate) fn tone_of(level: &str) -> Tone {
    match level {
        "FATAL" | "ERROR" => Tone::Bad,
        "WARN" => Tone::Warning,
        "INFO" => Tone::Good,
        _ => Tone::Dim,
    }
}

fn filled(text: &str, width: usize) -> String {
    let text = cut(&inert(text), width);
    let blanks = " ".repeat(width - columns(&text));
    format!("{text}{blanks}")
}

fn continued(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    push_inert(&mut out, text, CONTINUED);
    // only whole characters were replaced, by ASCII
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(app: &str, message: &str) -> Log {
        Log {
            id: "1".to_owned(),
            time: "2026-11-23T06:00:00.123Z".to_owned(),
            level: "WARN".to_owned(),
            app: app.to_owned(),
            route: String::new(),
            logger: "l".to_owned(),
            message: message.to_owned(),
            message_bytes: message.len() as u64,
            exception: None,
            attributes: Vec::new(),
        }
    }

    #[test]
    fn no_message_can_act_or_be_taken_for_a_line_of_its_own() {
        let forged = "a\r\x1b[1A\n2026-11-23 06:00:00.123Z ERROR shop";
        let text = LogLines::new(Terminal::plain()).text(&log("shop", forged));
        let want = "2026-11-23 06:00:00.123Z WARN  shop  l: a\\r\\x1b[1A\n    2026-11-23 \
            06:00:00.123Z ERROR shop\n";
        assert_eq!(text, want);
    }

    #[test]
    fn columns_grow_with_what_was_shown_and_a_cut_message_says_so() {
        let mut lines = LogLines::new(Terminal::plain());
        lines.text(&log("a_long_name", "x"));
        let mut cut = log("b", "x");
        cut.message_bytes = 70_000;
        assert!(lines.text(&cut).contains("WARN  b            l: x … (70000 bytes)"));
    }
}
