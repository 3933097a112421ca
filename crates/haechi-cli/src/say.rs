use std::io::Write;

/// Tells the person one line on stderr. Lines of haechi itself all begin alike,
/// so that they can be told from those of the watched program.
pub(crate) fn line(text: &str) {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
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
