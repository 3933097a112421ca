//! Requests that a process died in. Its scoreboard still has them: each becomes
//! a request without an answer and an exception `WorkerDied`, once.
//!
//! That is done like reading a segment: the scoreboard's name stands for the
//! segment, the request's place for the offset, so that a day file knows what it
//! has. What is told must be the same if it is told again after a crash, so how
//! and when the process ended is written into the scoreboard first; and what is
//! told is marked there afterwards, from when on it counts like any request.

use super::Parts;
use super::end_of::{end_of, is_witnessed};
use super::round::{Rounds, tell};
use crate::ServerError;
use crate::ask::Moment;
use crate::health::Health;
use crate::live::Live;
use haechi_event::{Exception, Flags, Grouping, Mechanism, Record, Request, RequestId};
use haechi_spool::board::{BoardSnapshot, BoardsHeld, End, Ended, InFlight, Witness};
use haechi_spool::read::SpoolDir;
use haechi_spool::{AppState, Control, Exits};
use haechi_store::{Batch, Incoming, Store};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Wait after trouble.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// `exception.type` of what is told.
const KIND: &str = "WorkerDied";
const UNMATCHED: &str = "(unmatched)";

/// Tells of processes that died in requests.
pub(super) struct Deaths {
    witness: Witness,
    spool: SpoolDir,
    store: Arc<dyn Store>,
    health: Arc<Health>,
    live: Arc<Live>,
    retry: Option<Instant>,
}

/// A request that a process died in.
struct Lost {
    request: InFlight,
    /// What of it is not stored yet.
    wants_request: bool,
    wants_event: bool,
    message: String,
}

/// What comes of a scoreboard.
#[derive(Default)]
struct Told {
    lost: Vec<Lost>,
    /// Places whose request nobody had recorded.
    places: Vec<u16>,
    /// Records made of the scoreboard, in all.
    records: u64,
}

impl Deaths {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            witness: Witness::new(&parts.spool),
            spool: parts.spool.clone(),
            store: Arc::clone(&parts.store),
            health: Arc::clone(&parts.health),
            live: Arc::clone(&parts.live),
            retry: None,
        }
    }

    /// Tells what there is to tell. What could not be stored is told later, by
    /// this collector or the next. `last` waits for nothing more.
    pub(super) fn tell(&mut self, rounds: &mut Rounds, last: bool) {
        let ended = self.witness.look(last);
        if ended.is_empty() || self.retry.is_some_and(|at| Instant::now() < at) && !last {
            return;
        }
        self.retry = None;
        if let Err(error) = self.try_tell(&ended, last) {
            self.retry = Some(Instant::now() + RETRY_AFTER);
            rounds.note_once("worker_died", error.to_string());
        }
    }

    fn try_tell(&mut self, ended: &[Ended], last: bool) -> Result<(), ServerError> {
        let segments = self.spool.segments()?;
        let mut exits = None;
        for ended in ended {
            // all that it has written itself comes first
            if segments.iter().any(|segment| ended.wrote(segment)) {
                continue;
            }
            let Some(board) = self.untold(ended)? else { continue };
            let exits = exits.get_or_insert_with(|| Exits::read(self.spool.path()));
            let Some(end) = board.end.clone().or_else(|| end_of(ended, &board, exits, last)) else {
                continue;
            };
            if let Some(held) = self.witness.hold() {
                self.tell_one(&held, ended, &end)?;
            }
        }
        Ok(())
    }

    /// The scoreboard, if there is something to tell from it.
    fn untold(&mut self, ended: &Ended) -> Result<Option<BoardSnapshot>, ServerError> {
        match self.witness.board(ended) {
            Ok(board) if !board.in_flight.is_empty() => return Ok(Some(board)),
            Err(error) if !error.is_missing() => return Err(error.into()),
            read => {
                // one that was gone before is no restart
                if let (Ok(board), Some(_)) = (read, ended.noticed_unix_ns) {
                    self.health.worker_ended(board.apps.iter().map(|app| app.app.as_str()));
                }
                self.witness.settle(&ended.name);
            }
        }
        Ok(None)
    }

    fn tell_one(&mut self, held: &BoardsHeld, ended: &Ended, end: &End) -> Result<(), ServerError> {
        // a program may have merged it before it was held
        let Some(board) = self.untold(ended)? else { return Ok(()) };
        if board.end.is_none() {
            self.witness.decide(held, ended, end)?;
        }
        let told = self.what_to_tell(&board, end)?;
        let batch = batch(&board, end, &told.lost);
        if !batch.records.is_empty() {
            let appended = self.store.append(&batch)?;
            let lag = Moment::now().unix_ms().saturating_sub(end.unix_ns / 1_000_000);
            self.health.committed(appended.stored, lag);
            tell(&self.live, &batch, &appended);
        }
        self.witness.told(held, ended, &told.places, told.records)?;
        Ok(())
    }

    /// Sorts out what is stored already: a process killed at the very end of a
    /// request has recorded it, one that was aborted has told of that itself,
    /// and a collector killed here before may have stored a part.
    fn what_to_tell(&self, board: &BoardSnapshot, end: &End) -> Result<Told, ServerError> {
        let control = Control::open(self.spool.path()).ok();
        let mut told = Told::default();
        for request in &board.in_flight {
            let state = control.as_ref().map_or(AppState::Unset, |c| c.state(&request.app));
            if state == AppState::Paused || state == AppState::Unset && is_off(board, &request.app)
            {
                continue;
            }
            let stored = self.store.request(request.id)?.filter(|found| found.pid == board.pid);
            let is_ended = stored
                .as_ref()
                .is_some_and(|found| found.status != 0 || !found.flags.contains(Flags::ABORTED));
            if is_ended {
                continue;
            }
            let events = self.store.exceptions_of_request(request.id)?;
            let died = events.iter().find(|event| event.mechanism == Mechanism::WorkerDied);
            let own_word = died.is_some_and(|event| event.id != event_id(request, end));
            told.places.push(request.place);
            told.records += 1 + u64::from(!own_word);
            told.lost.push(Lost {
                wants_request: stored.is_none(),
                wants_event: died.is_none(),
                message: message(request, end),
                request: request.clone(),
            });
        }
        Ok(told)
    }
}

/// Where nobody has switched an app on or off: whether its process left it out.
/// Such a process knows of the app and has kept nothing of it.
fn is_off(board: &BoardSnapshot, app: &str) -> bool {
    let nothing_kept = board.records == 0 && board.drops.is_empty();
    nothing_kept && board.apps.iter().any(|known| known.app == app)
}

fn message(request: &InFlight, end: &End) -> String {
    let age_ms = is_witnessed(end).then(|| age_ns(request, end) / 1_000_000);
    let doing = format!("{} {}", request.method, request.path);
    Grouping::worker_death_message(&end.how, &doing, age_ms)
}

const fn age_ns(request: &InFlight, end: &End) -> u64 {
    end.unix_ns.saturating_sub(request.start_unix_ns)
}

/// Made of what is known, so that a second try makes the same: in the request's
/// lane, its place as the sequence, which is its own in this process.
const fn event_id(request: &InFlight, end: &End) -> RequestId {
    const LANE: u64 = ((1 << 13) - 1) << 10;
    let first = RequestId::first_at_ms(end.unix_ns / 1_000_000).as_u64();
    RequestId::from_u64(first | request.id.as_u64() & LANE | request.place as u64)
}

/// The records in the order of places; each place has two offsets of its own.
fn batch<'a>(board: &'a BoardSnapshot, end: &End, lost: &'a [Lost]) -> Batch<'a> {
    let mut records = Vec::with_capacity(2 * lost.len());
    for lost in lost {
        let first = 1 + 2 * u64::from(lost.request.place);
        let made = [
            (first, lost.wants_request, Record::Request(request(&lost.request, end))),
            (first + 1, lost.wants_event, Record::Exception(event(lost, end))),
        ];
        for (at, is_wanted, record) in made {
            if is_wanted {
                records.push(Incoming {
                    segment: &board.name,
                    pid: board.pid,
                    end: at,
                    sequence: at as u32,
                    record,
                });
            }
        }
    }
    Batch { records, ..Batch::default() }
}

fn route(request: &InFlight) -> &str {
    if request.route.is_empty() { UNMATCHED } else { &request.route }
}

fn request<'a>(found: &'a InFlight, end: &End) -> Request<'a> {
    Request {
        id: found.id,
        start_unix_ns: found.start_unix_ns,
        duration_ns: age_ns(found, end),
        flags: Flags::ABORTED,
        app: &found.app,
        method: &found.method,
        route: route(found),
        path: &found.path,
        client: &found.client,
        ..Request::default()
    }
}

fn event<'a>(lost: &'a Lost, end: &End) -> Exception<'a> {
    Exception {
        id: event_id(&lost.request, end),
        time_unix_ns: end.unix_ns,
        request_id: lost.request.id,
        mechanism: Mechanism::WorkerDied,
        app: &lost.request.app,
        route: route(&lost.request),
        kind: KIND,
        message: &lost.message,
        ..Exception::default()
    }
}
