//! Tones as the terminal shows them; without colours they differ in weight only.

use crate::terminal::{Tone, columns};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

/// Whether there are colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) colours: bool,
}

impl Palette {
    pub(super) fn style(self, tone: Tone) -> Style {
        let style = Style::new();
        let coloured = |colour| if self.colours { style.fg(colour) } else { style };
        match tone {
            Tone::Plain => style,
            Tone::Dim => style.add_modifier(Modifier::DIM),
            Tone::Strong => style.add_modifier(Modifier::BOLD),
            Tone::Found => style.add_modifier(Modifier::REVERSED),
            Tone::Good => coloured(Color::Green),
            Tone::Warning => coloured(Color::Yellow),
            Tone::Bad => coloured(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What [`crate::terminal::Terminal`] painted, as lines that fit a width.
    /// All text in it is inert: an escape is one of ours.
    pub(super) fn lines(self, painted: &str, width: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for line in painted.lines() {
            let mut wrap = Wrap::new(width.max(8));
            let mut style = Style::new();
            let mut rest = line;
            while let Some(at) = rest.find("\x1b[") {
                wrap.push(&rest[..at], style);
                let (code, after) = rest[at + 2..].split_once('m').unwrap_or_default();
                style = self.style(tone_of(code));
                rest = after;
            }
            wrap.push(rest, style);
            lines.append(&mut wrap.end());
        }
        lines
    }
}

fn tone_of(code: &str) -> Tone {
    match code {
        "2" => Tone::Dim,
        "1" => Tone::Strong,
        "30;43" => Tone::Found,
        "32" => Tone::Good,
        "33" => Tone::Warning,
        "31" => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// One line cut into as many as it takes.
struct Wrap {
    width: usize,
    used: usize,
    lines: Vec<Line<'static>>,
    spans: Vec<Span<'static>>,
}

impl Wrap {
    const fn new(width: usize) -> Self {
        Self { width, used: 0, lines: Vec::new(), spans: Vec::new() }
    }

    fn push(&mut self, text: &str, style: Style) {
        let mut part = String::new();
        for c in text.chars() {
            let takes = columns(c.encode_utf8(&mut [0; 4]));
            if self.used + takes > self.width {
                self.spans.push(Span::styled(std::mem::take(&mut part), style));
                self.lines.push(Line::from(std::mem::take(&mut self.spans)));
                self.used = 0;
            }
            self.used += takes;
            part.push(c);
        }
        self.spans.push(Span::styled(part, style));
    }

    fn end(mut self) -> Vec<Line<'static>> {
        self.lines.push(Line::from(self.spans));
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn painted_text_is_shown_in_its_tones_and_wrapped() {
        let lines = Palette { colours: true }.lines("a\x1b[31mbbbbbbbbb\x1b[0mc\n\nd", 8);
        let texts: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["abbbbbbb", "bbc", "", "d"]);
        assert_eq!(lines[0].spans[1].style.fg, Some(Color::Red));
        assert_eq!(lines[1].spans[0].style.fg, Some(Color::Red));
        let plain = Palette { colours: false };
        assert_eq!(plain.style(Tone::Bad).fg, None);
    }
}
