use rustix::termios::tcgetwinsize;
use std::env;
use std::io::IsTerminal;

/// How what is printed looks: colours and a width only if stdout is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terminal {
    colours: bool,
    /// Columns; `None` if there is no end to a line.
    pub(crate) width: Option<usize>,
}

/// What a text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// Of less interest.
    Dim,
    Strong,
    /// What was looked for.
    Found,
    Good,
    Warning,
    Bad,
}

impl Terminal {
    /// Stdout as it is.
    pub(crate) fn of_stdout() -> Self {
        let stdout = std::io::stdout();
        if !stdout.is_terminal() {
            return Self::plain();
        }
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let columns = tcgetwinsize(stdout).ok().map(|size| usize::from(size.ws_col));
        Self { colours: !set("NO_COLOR") && !dumb, width: columns.filter(|columns| *columns >= 20) }
    }

    /// A file or another program.
    pub(crate) fn plain() -> Self {
        Self { colours: false, width: None }
    }

    /// Without an end to a line.
    pub(crate) fn unbounded(self) -> Self {
        Self { width: None, ..self }
    }

    pub(crate) fn has_colours(self) -> bool {
        self.colours
    }

    /// A text in its tone. It must be inert already.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Dim => "2",
            Tone::Strong => "1",
            Tone::Found => "30;43",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
        };
        if !self.colours || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// Columns a text takes: characters of East Asian scripts and pictures take
/// two, marks on the character before none.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    match c {
        '\u{0}'..='\u{2ff}' => 1,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// A text in at most so many columns; what is cut shows as `…`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = |c: &char| {
        let fits = columns_of(*c) <= left;
        left = left.saturating_sub(columns_of(*c));
        fits
    };
    let mut out: String = text.chars().take_while(fits).collect();
    if width > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_the_columns_it_may_take() {
        assert_eq!(cut("haechi", 6), "haechi");
        assert_eq!(cut("haechi", 4), "hae…");
        assert_eq!(cut("해치가", 6), "해치가");
        assert_eq!(cut("해치가", 4), "해…");
        assert_eq!(cut("해치가", 0), "");
        for width in 0..10 {
            assert!(columns(&cut("해a치b가c\u{301}🦁", width)) <= width);
        }
    }

    #[test]
    fn colours_are_for_terminals_only() {
        let terminal = Terminal { colours: true, width: None };
        assert_eq!(terminal.paint(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
        assert_eq!(Terminal::plain().paint(Tone::Bad, "x"), "x");
        assert_eq!(terminal.paint(Tone::Plain, "x"), "x");
    }
}
