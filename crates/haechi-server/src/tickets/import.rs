use super::Parts;
use super::file::{self, Found as FoundFile, Unread};
use super::folders::{self, Folder, State};
use super::gathered::{Gathered, READ, REFUSED, id_of, note, segment};
use super::zone::ticket_ms;
use crate::ServerError;
use crate::ask::Moment;
use haechi_event::{Exception, Mechanism, RequestId};
use haechi_spool::{AppState, Control};
use haechi_store::{Batch, Found};
use haechi_ticket::{Occurrence, Ticket, TicketName};
use jiff::tz::TimeZone;
use rustix::fs::Dir;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Work between two rests.
const STEP: Duration = Duration::from_millis(15);
/// Tickets that are remembered by name until they are read; of more, the rest
/// is found again afterwards.
const WAITING_MAX: usize = 50_000;
/// Tickets of one commit, and days they may be of: each is a file of its own.
const BATCH: usize = 64;
const DAYS: usize = 2;
/// A file must be this old, so that its writer is done with it.
const SETTLED_MS: u64 = 2_000;
/// Refused files of one folder that are noted by name in one pass.
const NOTED: u64 = 20;
/// Between two passes through one folder, in times of the work of one.
const REST_BETWEEN: u32 = 20;

/// How to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// There is more to do after a rest.
    More,
    /// There is nothing to do now.
    Done,
    /// The store refused something; later again.
    Failed,
}

/// One pass after the other through all folders. All of it can be lost without
/// harm: what was read, and what was refused, is in the store.
pub(super) struct Import {
    parts: Parts,
    zone: TimeZone,
    /// Folders that were looked through.
    seen: HashMap<PathBuf, Seen>,
    /// Folders that cannot be opened, to be told of once.
    told: HashMap<PathBuf, String>,
    /// Still to be listed in this pass.
    ahead: Vec<(String, PathBuf)>,
    pass: Option<Pass>,
}

/// What is known of a folder after a pass.
struct Seen {
    /// How it was, if there is nothing to do in it before that changes.
    done: Option<State>,
    /// A large folder is not listed anew for each ticket that comes.
    not_before: Instant,
}

/// One folder, first listed, then read newest first.
struct Pass {
    folder: Folder,
    worked: Duration,
    state: State,
    /// `None` once all is listed.
    listing: Option<Dir>,
    waiting: Vec<Waiting>,
    /// Something must be looked at again even if the folder does not change.
    again: bool,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    read: u64,
    refused: u64,
    unnamed: u64,
}

struct Waiting {
    name: Box<str>,
    local_s: i64,
}

impl Import {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            parts,
            zone: TimeZone::system(),
            seen: HashMap::new(),
            told: HashMap::new(),
            ahead: Vec::new(),
            pass: None,
        }
    }

    /// A little of the work.
    pub(super) fn step(&mut self) -> Pace {
        match self.try_step() {
            Ok(pace) => pace,
            Err(error) => {
                // nothing was committed of what was gathered: it is found again
                self.pass = None;
                self.ahead.clear();
                let trouble = error.to_string();
                self.parts.health.tickets().failed(trouble);
                Pace::Failed
            }
        }
    }

    fn try_step(&mut self) -> Result<Pace, ServerError> {
        let began = Instant::now();
        let until = began + STEP;
        let Some(mut pass) = self.pass.take() else { return self.next_folder() };
        if pass.listing.is_some() {
            self.list(&mut pass, until)?;
        } else if !pass.waiting.is_empty() {
            self.read_some(&mut pass, until)?;
        } else {
            self.finish(pass)?;
            return Ok(Pace::More);
        }
        self.parts.health.tickets().waiting(pass.waiting.len() as u64);
        pass.worked += began.elapsed();
        self.pass = Some(pass);
        Ok(Pace::More)
    }

    /// Begins with the next folder that is not done.
    fn next_folder(&mut self) -> Result<Pace, ServerError> {
        // until then nobody knows what the recorder saw itself
        if self.parts.health.caught_up_unix_ms() == 0 {
            return Ok(Pace::Done);
        }
        let Some((app, path)) = self.ahead.pop() else {
            let sites = self.parts.spool.sites();
            let found = sites.iter().flat_map(|site| folders::of_site(site));
            self.ahead = found.filter(|(_, path)| !self.is_done(path)).collect();
            return Ok(if self.ahead.is_empty() { Pace::Done } else { Pace::More });
        };
        if self.is_paused(&app) {
            return Ok(Pace::More);
        }
        match Folder::open(app, path.clone()) {
            Ok(None) => {}
            Ok(Some(folder)) => self.pass = Pass::new(folder),
            Err(why) => self.tell_of_folder(path, why)?,
        }
        Ok(Pace::More)
    }

    /// Whether nothing came or went since all of it was read, or that is not to
    /// be looked for yet.
    fn is_done(&self, path: &PathBuf) -> bool {
        let Some(Seen { done, not_before }) = self.seen.get(path) else { return false };
        if Instant::now() < *not_before {
            return true;
        }
        let now = Folder::open(String::new(), path.clone()).ok().flatten();
        let now = now.and_then(|folder| folder.state().ok());
        done.is_some() && now == *done
    }

    fn is_paused(&self, app: &str) -> bool {
        Control::open(self.parts.spool.path())
            .is_ok_and(|control| control.state(app) == AppState::Paused)
    }

    fn tell_of_folder(&mut self, path: PathBuf, why: String) -> Result<(), ServerError> {
        if self.told.get(&path) == Some(&why) {
            return Ok(());
        }
        let note = note(REFUSED, &path.display().to_string(), why.clone(), 1);
        self.parts.store.append(&Batch { notes: vec![note], ..Batch::default() })?;
        self.told.insert(path, why);
        Ok(())
    }

    /// Lists on: names of tickets that are new to the store.
    fn list(&self, pass: &mut Pass, until: Instant) -> Result<(), ServerError> {
        while Instant::now() < until {
            let entry = pass.listing.as_mut().and_then(Iterator::next);
            let Some(Ok(entry)) = entry else {
                pass.again |= entry.is_some();
                return self.listed(pass);
            };
            let Ok(name) = entry.file_name().to_str() else { continue };
            let Some(ticket) = TicketName::parse(name) else { continue };
            if self.parts.store.position(&segment(&pass.folder.app, name))?.end > 0 {
                continue;
            }
            pass.waiting.push(Waiting { name: name.into(), local_s: ticket.local_s });
            if pass.waiting.len() >= WAITING_MAX {
                pass.again = true;
                return self.listed(pass);
            }
        }
        Ok(())
    }

    /// The newest will be read first: they are asked for first.
    fn listed(&self, pass: &mut Pass) -> Result<(), ServerError> {
        pass.listing = None;
        pass.waiting.sort_by(|a, b| (a.local_s, &a.name).cmp(&(b.local_s, &b.name)));
        Ok(())
    }

    /// Reads on, and commits once.
    fn read_some(&self, pass: &mut Pass, until: Instant) -> Result<(), ServerError> {
        let mut gathered = Gathered::default();
        while Instant::now() < until
            && gathered.tickets.len() < BATCH
            && gathered.days.len() <= DAYS
            && let Some(waiting) = pass.waiting.pop()
        {
            self.read(pass, &waiting, &mut gathered)?;
        }
        let new = gathered.commit(self.parts.store.as_ref())?;
        pass.counts.read += new;
        self.parts.health.tickets().read(new, gathered.refused);
        Ok(())
    }

    fn read(
        &self,
        pass: &mut Pass,
        waiting: &Waiting,
        gathered: &mut Gathered,
    ) -> Result<(), ServerError> {
        let Pass { folder, counts, again, .. } = pass;
        let segment = segment(&folder.app, &waiting.name);
        let caught_up = self.parts.health.caught_up_unix_ms().saturating_sub(SETTLED_MS);
        let settled_ms = i64::try_from(caught_up).unwrap_or(0);
        let refused = match file::read(folder.fd(), &waiting.name, settled_ms) {
            Ok(file) => match Ticket::read(&file.bytes) {
                Ok(ticket) => {
                    return self.gather(&folder.app, waiting, &file, &ticket, segment, gathered);
                }
                Err(error) => error.to_string(),
            },
            Err(Unread::Missing) => return Ok(()),
            Err(Unread::TooNew) => {
                *again = true;
                return Ok(());
            }
            Err(Unread::Refused(why)) => why,
        };
        counts.refused += 1;
        gathered.refused += 1;
        if counts.refused <= NOTED {
            let name = format!("{}/{}", folder.app, waiting.name);
            gathered.notes.push(note(REFUSED, &name, refused, 1));
        } else {
            counts.unnamed += 1;
        }
        gathered.settled.push(segment);
        Ok(())
    }

    /// One that the recorder has told of already is only marked as read.
    fn gather(
        &self,
        app: &str,
        waiting: &Waiting,
        file: &FoundFile,
        ticket: &Ticket,
        segment: String,
        gathered: &mut Gathered,
    ) -> Result<(), ServerError> {
        let unix_ms = ticket_ms(waiting.local_s, file.modified_ms, file.changed_ms, &self.zone);
        let name = format!("{app}/{}", waiting.name);
        let known = self.parts.store.of_ticket(&name, unix_ms)?;
        if known.iter().any(|found| matches!(found, Found::Event(_))) {
            gathered.settled.push(segment);
            return Ok(());
        }
        let request = known.iter().find_map(|found| match found {
            Found::Request(id) => Some(*id),
            _ => None,
        });
        let occurrence = Occurrence::of(ticket);
        let mut bytes = Vec::new();
        let exception = Exception {
            id: id_of(&segment, unix_ms),
            time_unix_ns: unix_ms.saturating_mul(1_000_000),
            request_id: request.unwrap_or(RequestId::NONE),
            mechanism: Mechanism::TicketFile,
            app,
            route: &occurrence.route,
            ticket: &name,
            kind: &occurrence.kind,
            message: &occurrence.message,
            stack: &occurrence.stack,
            ..Exception::default()
        };
        // the byte form cuts what is too long
        exception.encode(&mut bytes);
        gathered.add(segment, bytes, unix_ms);
        Ok(())
    }

    /// Says what came of a folder, and does not come back before it changes.
    fn finish(&mut self, pass: Pass) -> Result<(), ServerError> {
        let Pass { folder, state, again, counts, worked, .. } = pass;
        let mut notes = Vec::new();
        let name = folder.path.display().to_string();
        if counts.read > 0 {
            let text =
                "tickets of this folder were not recorded live and are read from their files";
            notes.push(note(READ, &name, text.to_owned(), counts.read));
        }
        if counts.unnamed > 0 {
            let text = "more files of this folder are no tickets and were left alone";
            notes.push(note(REFUSED, &name, text.to_owned(), counts.unnamed));
        }
        if !notes.is_empty() {
            self.parts.store.append(&Batch { notes, ..Batch::default() })?;
        }
        self.parts.health.tickets().waiting(0);
        let done = (!again).then_some(state);
        let seen = Seen { done, not_before: Instant::now() + worked * REST_BETWEEN };
        self.seen.insert(folder.path, seen);
        Ok(())
    }
}

impl Pass {
    /// `None` if the folder cannot be listed now.
    fn new(folder: Folder) -> Option<Self> {
        let state = folder.state().ok()?;
        let listing = folder.entries().ok()?;
        let now_ms = i64::try_from(Moment::now().unix_ms()).unwrap_or(i64::MAX);
        // a change within the same tick of the file system's clock would not show
        let again = !state.is_before(now_ms - SETTLED_MS as i64);
        let (waiting, counts) = (Vec::new(), Counts::default());
        Some(Self {
            folder,
            worked: Duration::ZERO,
            state,
            listing: Some(listing),
            waiting,
            again,
            counts,
        })
    }
}
