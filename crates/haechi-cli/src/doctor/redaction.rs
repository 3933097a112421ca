//! `haechi doctor --redaction FILE`: a dry run over a log or any other text.
//! Tells what would be cut, where and by which rule, never what it is.

use crate::args::DoctorArgs;
use crate::error::CliError;
use crate::{say, settings};
use haechi_event::inert;
use haechi_event::redact::{Cut, Rules};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// Bytes of a line that are looked at; an app's line has 16 KiB.
const LINE_MAX: u64 = 1024 * 1024;
/// Lines of one private key.
const KEY_LINES: usize = 200;
/// Cuts that are listed in JSON; more are only counted.
const LISTED: usize = 10_000;

/// One cut.
#[derive(Debug, Serialize)]
struct Place {
    /// Counted from 1.
    line: usize,
    /// Bytes from the beginning of the line, counted from 1.
    column: usize,
    rule: String,
    /// Bytes that are cut.
    length: usize,
    /// The line as it would be kept.
    kept: String,
}

/// What the whole file came to.
#[derive(Debug, Default, Serialize)]
struct Summary {
    lines: usize,
    lines_cut: usize,
    cuts: usize,
    rules: BTreeMap<String, usize>,
}

#[derive(Debug, Serialize)]
struct Answer {
    #[serde(flatten)]
    summary: Summary,
    places: Vec<Place>,
}

/// The dry run over a file, `-` being what is typed or piped in.
pub(super) fn dry_run(args: &DoctorArgs, file: &Path) -> Result<ExitCode, CliError> {
    let rules = settings::rules(&args.data)?;
    let (name, input): (_, Box<dyn Read>) = if file.as_os_str() == "-" {
        ("(stdin)".to_owned(), Box::new(std::io::stdin()))
    } else {
        let open = File::open(file).and_then(|open| match open.metadata()?.is_dir() {
            true => Err(std::io::Error::other("it is a folder; name a file")),
            false => Ok(open),
        });
        let name = file.display().to_string();
        let refused = |why| CliError::Nothing(format!("cannot read {}: {why}", inert(&name)));
        let open = open.map_err(refused)?;
        (name, Box::new(open))
    };
    let mut places = Vec::new();
    let summary = if args.json {
        look(&rules, input, |place| {
            if places.len() < LISTED {
                places.push(place);
            }
            Ok(())
        })?
    } else {
        let mut out = std::io::stdout().lock();
        look(&rules, input, |place| {
            let Place { line, column, rule, length, kept } = place;
            let text = inert(&kept);
            writeln!(out, "{}:{line}:{column}: {rule}, {length} bytes: {text}", inert(&name))
        })?
    };
    let text =
        if args.json { say::json(&Answer { summary, places }, true) } else { summary.text() };
    say::answer(&text).map_err(CliError::io("write the report"))?;
    Ok(ExitCode::SUCCESS)
}

impl Summary {
    fn text(&self) -> String {
        let rules: Vec<String> =
            self.rules.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
        let by = if rules.is_empty() { String::new() } else { format!(": {}", rules.join(", ")) };
        let Self { lines, lines_cut, cuts, .. } = self;
        format!("{lines_cut} of {lines} lines would be cut, in {cuts} places{by}")
    }
}

/// Goes through the lines; those of a private key belong together.
fn look(
    rules: &Rules,
    input: Box<dyn Read>,
    mut tell: impl FnMut(Place) -> std::io::Result<()>,
) -> Result<Summary, CliError> {
    let mut input = BufReader::new(input);
    let mut summary = Summary::default();
    while let Some(first) = next_line(&mut input).map_err(CliError::io("read the file"))? {
        let mut lines = vec![first];
        if begins_a_key(&lines[0]) {
            while lines.len() < KEY_LINES && !lines[lines.len() - 1].contains("-----END ") {
                match next_line(&mut input).map_err(CliError::io("read the file"))? {
                    Some(line) => lines.push(line),
                    None => break,
                }
            }
        }
        let text = lines.join("\n");
        let cuts = rules.cuts(&text);
        if !cuts.is_empty() {
            let kept = rules.text(&text).into_owned();
            summary.lines_cut += touched(&text, &cuts);
            for cut in &cuts {
                let before = &text[..cut.start];
                let line_start = before.rfind('\n').map_or(0, |at| at + 1);
                *summary.rules.entry(cut.rule.to_string()).or_default() += 1;
                summary.cuts += 1;
                let place = Place {
                    line: summary.lines + 1 + before.matches('\n').count(),
                    column: cut.start - line_start + 1,
                    rule: cut.rule.to_string(),
                    length: cut.len,
                    kept: kept.clone(),
                };
                tell(place).map_err(CliError::io("write the report"))?;
            }
        }
        summary.lines += lines.len();
    }
    Ok(summary)
}

/// Lines that lose something.
fn touched(text: &str, cuts: &[Cut]) -> usize {
    let mut start = 0;
    let mut count = 0;
    for line in text.split('\n') {
        let end = start + line.len();
        count += usize::from(cuts.iter().any(|cut| cut.start <= end && cut.end() > start));
        start = end + 1;
    }
    count
}

fn begins_a_key(line: &str) -> bool {
    line.contains("-----BEGIN ") && line.contains("PRIVATE KEY")
}

/// The next line without its end; what a line has beyond the limit is skipped.
fn next_line(input: &mut BufReader<Box<dyn Read>>) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if input.by_ref().take(LINE_MAX).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    } else {
        input.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &'static str) -> (Vec<String>, Summary) {
        let mut found = Vec::new();
        let summary = look(&Rules::standard(), Box::new(text.as_bytes()), |place| {
            found.push(format!("{}:{} {} {}", place.line, place.column, place.rule, place.length));
            assert!(!place.kept.contains("hunter2") && !place.kept.contains("MII"));
            Ok(())
        });
        (found, summary.unwrap())
    }

    #[test]
    fn each_cut_is_told_with_its_place_rule_and_length() {
        let (found, summary) = places(
            "fine\na password=hunter2 token: ab12\n\n-----BEGIN PRIVATE KEY-----\nMII\n\
             -----END PRIVATE KEY-----\npassword=hunter2\n",
        );
        assert_eq!(found, ["2:12 key 7", "2:27 key 4", "4:1 pem 57", "7:10 key 7"]);
        assert_eq!((summary.lines, summary.lines_cut, summary.cuts), (7, 5, 4));
        assert_eq!(summary.text(), "5 of 7 lines would be cut, in 4 places: 3 key, 1 pem");
    }

    #[test]
    fn a_clean_file_has_nothing_to_tell() {
        let (found, summary) = places("fine\nalso fine");
        assert_eq!((found.len(), summary.lines, summary.cuts), (0, 2, 0));
    }
}
