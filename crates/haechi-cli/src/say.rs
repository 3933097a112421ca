use haechi_event::{inert, is_acting};
use std::io::Write;

/// Tells the person one line on stderr. Lines of haechi itself all begin alike,
/// so that they can be told from those of the watched program.
pub(crate) fn line(text: &str) {
    let text = inert(text);
    // one write, so that it is never mixed with the program's own output; a
    // closed stderr is no reason to fail
    let _ = std::io::stderr().write_all(format!("haechi: {text}\n").as_bytes());
}

/// Puts an answer on stdout.
///
/// # Errors
/// If stdout is closed, as by `| head`.
pub(crate) fn answer(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// JSON for programs, and for a terminal on the way: what could act there stands
/// as an escape, which is the same text to a program.
pub(crate) fn json(value: &impl serde::Serialize, pretty: bool) -> String {
    let text =
        if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    let text = text.unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // ASCII controls are escaped inside of strings already and only line
        // feeds stand between them
        if c != '\n' && is_acting(c) {
            out.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn json_is_the_same_to_a_program_and_inert_to_a_terminal() {
        let hostile: String = (0..0x2100).filter_map(char::from_u32).chain(['\u{feff}']).collect();
        for pretty in [false, true] {
            let text = json(&[&hostile], pretty);
            assert!(!text.chars().any(|c| c != '\n' && haechi_event::is_acting(c)));
            let back: Vec<String> = serde_json::from_str(&text).unwrap();
            assert_eq!(back, [hostile.as_str()]);
        }
    }
}
