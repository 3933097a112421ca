//! Lines of web2py's views, from those of the Python that they were made into.

/// The line of a view for each line of the code that web2py made it into, 0 if it
/// is not known. Pieces of code stand in a view in the order in which they run.
#[must_use]
pub fn view_lines(code: &str, source: &str) -> Vec<u32> {
    let mut from = 0;
    let mut lines = vec![0; code.lines().count().max(1)];
    for (line, told) in code.lines().zip(&mut lines) {
        let Some(piece) = piece_of(line) else { continue };
        let found = find(source, piece, from);
        if let Some(at) = found {
            from = at + piece.len();
        }
        // a piece of a layout may have led too far
        if let Some(at) = found.or_else(|| find(source, piece, 0)) {
            let before = source[..at].bytes().filter(|byte| *byte == b'\n').count();
            *told = u32::try_from(before).unwrap_or_default() + 1;
        }
    }
    lines
}

/// What of a line of code stands in the view.
fn piece_of(line: &str) -> Option<&str> {
    let line = line.trim();
    let written = line.strip_prefix("response.write(").and_then(|rest| rest.strip_suffix(')'));
    match written {
        Some(text) if text.ends_with("escape=False") => None,
        Some(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        None => Some(line).filter(|line| line.len() > 1 && *line != "pass"),
    }
}

/// Where a piece stands within `{{` and `}}`.
fn find(source: &str, piece: &str, from: usize) -> Option<usize> {
    let mut from = from;
    loop {
        let at = from + source.get(from..)?.find(piece)?;
        let before = &source[..at];
        if before.rfind("{{").is_some_and(|open| before.rfind("}}").is_none_or(|end| end < open)) {
            return Some(at);
        }
        from = at + piece.len();
    }
}

#[cfg(test)]
mod tests {
    use super::view_lines;
    use proptest::prelude::*;

    #[test]
    fn a_line_of_code_leads_to_the_line_of_the_view_that_it_was_made_of() {
        let view = "{{extend 'layout.html'}}\n<h1>book.title</h1>\n{{for book in books:}}\n\
                    <p>{{=book.title}} by\n{{=book.author.name}}</p>\n{{pass}}\n{{\nif x:\n  y()\n\
                    pass\n}}{{=book.title}}\n";
        let code = "response.write('<html>', escape=False)\nresponse.write(URL('x'))\n\
                    for book in books:\n    response.write(book.title)\n    \
                    response.write(book.author.name)\n    pass\nif x:\n    y()\n    pass\n\
                    response.write(book.title)\n";
        assert_eq!(view_lines(code, view), [0, 0, 3, 4, 5, 0, 8, 9, 0, 11]);
    }

    #[test]
    fn what_does_not_fit_leads_nowhere() {
        assert_eq!(view_lines("", ""), [0]);
        assert_eq!(view_lines("response.write(a)", "a <b>"), [0]);
        assert_eq!(view_lines("response.write()\nx", "{{x}}"), [0, 0]);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(code in "[a{}=\né ]{0,80}", view in "[a{}=\né ]{0,80}") {
            let lines = view.lines().count() + 1;
            for line in view_lines(&code, &view) {
                prop_assert!(line as usize <= lines);
            }
        }
    }
}
