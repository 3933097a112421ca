//! Lines as they are stored. The server's live stream tells that there are new
//! ones; which of them are asked for is answered by the same search as ever, so
//! that nothing is missed when more come than the stream carries.

use super::past::{Page, newest, page};
use super::{BEGINNING, LINES_BEFORE_FOLLOWING, Line, Output, wanted};
use crate::args::LogsArgs;
use crate::error::CliError;
use crate::moment::unix_ms;
use crate::question::Question;
use crate::source::Source;
use crate::{http, say};
use haechi_server::ask::Moment;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpStream;
use std::time::Duration;

/// Lines of other processes may be stored so much later than newer ones.
const LATE_MS: u64 = 3_000;
/// Pages of one look; if there are more, some lines are left out.
const PAGES: usize = 10;
/// After the first new line, so that a burst of them is one look.
const GATHER: Duration = Duration::from_millis(100);
/// The stream ticks once a second.
const SILENT: Duration = Duration::from_secs(30);

/// Shows the newest lines, then those that come, until the server ends.
pub(super) fn follow(source: &Source, args: &LogsArgs) -> Result<(), CliError> {
    let address = source.server("following needs one")?;
    let question = wanted(args);
    // listening first: no line falls between; only to lines that are asked for
    let mut stream = Stream::new(http::stream(address, &question.on("/api/live"))?);
    let mut output = Output::new(args.json);
    let mut seen = Seen::default();
    let from_beginning = question.clone().with("from", Some(BEGINNING));
    let before = args.lines.unwrap_or(LINES_BEFORE_FOLLOWING);
    let first = newest(source, &from_beginning, before)?;
    // those that are there already are not new, also if fewer were asked for
    look(source, &question, &mut seen)?;
    seen.add(&first.lines);
    output.lines.mark(first.words);
    output.show(first.lines)?;
    loop {
        stream.wait_for_lines()?;
        let (fresh, is_whole) = look(source, &question, &mut seen)?;
        if !is_whole {
            say::line("more lines come than can be shown; some are left out");
        }
        output.show(fresh)?;
    }
}

/// What was stored since the last look, oldest first, and whether it is all of it.
fn look(
    source: &Source,
    question: &Question,
    seen: &mut Seen,
) -> Result<(Vec<Line>, bool), CliError> {
    let from = Moment::from_ms(seen.newest_ms.saturating_sub(LATE_MS)).to_string();
    let question = question.clone().with("from", Some(&from)).with("to", Some(END));
    let question = question.with("limit", Some("1000"));
    let (mut found, mut before, mut is_whole) = (Vec::new(), None, false);
    for _ in 0..PAGES {
        let asked = question.clone().with("before", before.as_deref());
        let Page { mut lines, next, .. } = page(&source.ask(&asked)?)?;
        // an empty page: the time for one question was over before the range was
        let has_new = lines.is_empty() || lines.iter().any(|line| !seen.has(line));
        let has_more = next.is_some() && has_new;
        found.append(&mut lines);
        before = next;
        if !has_more {
            is_whole = true;
            break;
        }
    }
    found.retain(|line| !seen.has(line));
    found.reverse();
    seen.add(&found);
    Ok((found, is_whole))
}

/// Clocks of programs may be ahead of ours.
const END: &str = "9999-12-30T00:00:00Z";

/// Which lines were shown already.
struct Seen {
    newest_ms: u64,
    /// Ids with their times, of lines that a look may find again.
    ids: BTreeMap<String, u64>,
}

impl Default for Seen {
    fn default() -> Self {
        // what was there before is shown by its number only
        Self { newest_ms: Moment::now().unix_ms(), ids: BTreeMap::new() }
    }
}

impl Seen {
    fn has(&self, line: &Line) -> bool {
        self.ids.contains_key(&line.log.id)
    }

    fn add(&mut self, lines: &[Line]) {
        let now_ms = Moment::now().unix_ms();
        for line in lines {
            let ms = unix_ms(&line.log.time).unwrap_or(now_ms);
            // a clock that is ahead must not hide what others write
            self.newest_ms = self.newest_ms.max(ms.min(now_ms));
            self.ids.insert(line.log.id.clone(), ms);
        }
        let oldest = self.newest_ms.saturating_sub(2 * LATE_MS);
        self.ids.retain(|_, ms| *ms >= oldest);
    }
}

/// The live stream.
struct Stream {
    reader: BufReader<TcpStream>,
    line: Vec<u8>,
}

impl Stream {
    fn new(reader: BufReader<TcpStream>) -> Self {
        Self { reader, line: Vec::new() }
    }

    /// Returns a moment after a log line was stored.
    ///
    /// # Errors
    /// If the server ends or is silent.
    fn wait_for_lines(&mut self) -> Result<(), CliError> {
        let mut is_told = false;
        loop {
            let within = if is_told { GATHER } else { SILENT };
            let set = self.reader.get_ref().set_read_timeout(Some(within));
            set.map_err(CliError::io("wait for lines"))?;
            match self.reader.read_until(b'\n', &mut self.line) {
                Ok(0) => return Err(ended()),
                Ok(_) => {
                    is_told |= self.line.starts_with(b"event: log");
                    let is_tick = self.line.starts_with(b"event: tick");
                    self.line.clear();
                    // in a steady flow there is no pause to wait for
                    if is_told && is_tick {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if is_told
                        && matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Ok(());
                }
                Err(_) => return Err(ended()),
            }
        }
    }
}

fn ended() -> CliError {
    CliError::Nothing("the haechi that was followed has ended".to_owned())
}
