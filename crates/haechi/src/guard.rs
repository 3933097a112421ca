use crate::clock;
use crate::cpu_time::{CpuStart, SAMPLE_EVERY_NS};
use crate::recorder::{Inner, Recorder};
use haechi_event::{
    Flags, Grouping, Request, RequestId, Traceparent, generated_trace_id, known_method, redact,
};
use haechi_spool::board::{Entered, Finished, InFlightSlot};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;
use std::thread::LocalKey;

/// What is known when a request begins. Secrets in the query and the referrer
/// are cut out at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Begin<'a> {
    /// The app as far as known; see [`RequestGuard::set_app`].
    pub app: &'a str,
    /// `http.request.method`; unknown ones become `_OTHER`.
    pub method: &'a str,
    /// `url.path`.
    pub path: &'a str,
    /// `url.query` without the question mark.
    pub query: &'a str,
    /// `client.address`.
    pub client: &'a str,
    /// `user_agent.original`.
    pub user_agent: &'a str,
    /// The `Referer` header.
    pub referrer: &'a str,
    /// The `traceparent` header; ignored unless valid.
    pub traceparent: &'a str,
    /// Bytes of the request's body, if known.
    pub bytes_in: u64,
}

/// A request that has begun. It ends exactly once: by [`Self::finish`], or,
/// counted as aborted, by being dropped.
#[derive(Debug)]
pub struct RequestGuard {
    recorder: Arc<Inner>,
    id: RequestId,
    start_unix_ns: u64,
    start_ns: u64,
    generation: u64,
    cpu: Option<CpuStart>,
    place: Option<InFlightSlot>,
    flags: Flags,
    trace: Option<Traceparent>,
    bytes_in: u64,
    method: &'static str,
    app: String,
    route: String,
    ticket: String,
    user: String,
    texts: Texts,
    ended: bool,
}

impl Recorder {
    /// A request begins.
    #[must_use]
    pub fn begin(&self, begin: &Begin<'_>) -> RequestGuard {
        let recorder = Arc::clone(self.inner());
        let start_ns = clock::monotonic_ns();
        let (start_unix_ns, looked) = recorder.wall.at(start_ns);
        if looked {
            recorder.spool.look_after();
        }
        let method = known_method(begin.method);
        let texts = Texts::new(begin);
        let entered = recorder.spool.with_lane(|mut lane| {
            let id = lane.next_id(start_unix_ns / 1_000_000);
            let [path, _, client, ..] = texts.all();
            let app = begin.app;
            let place =
                lane.board().enter(&Entered { id, start_unix_ns, app, method, path, client });
            (id, place, lane.is_sampled(start_ns, SAMPLE_EVERY_NS))
        });
        let (id, place, sampled) = match entered {
            Some((id, place, sampled)) => (id, Some(place), sampled),
            None => (RequestId::first_at_ms(start_unix_ns / 1_000_000), None, false),
        };
        RequestGuard {
            id,
            start_unix_ns,
            generation: recorder.spool.generation(),
            recorder,
            place,
            flags: Flags::default(),
            trace: Traceparent::parse(begin.traceparent),
            bytes_in: begin.bytes_in,
            method,
            app: begin.app.to_owned(),
            route: String::new(),
            ticket: String::new(),
            user: String::new(),
            texts,
            ended: false,
            cpu: sampled.then(CpuStart::now),
            start_ns,
        }
    }
}

impl RequestGuard {
    /// Names the request.
    #[must_use]
    pub const fn id(&self) -> RequestId {
        self.id
    }

    /// The trace it belongs to: the caller's, or one of its own.
    #[must_use]
    pub fn trace_id(&self) -> [u8; 16] {
        self.trace.map_or_else(|| generated_trace_id(self.id), |trace| trace.trace_id)
    }

    /// What records it.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        Recorder::from(Arc::clone(&self.recorder))
    }

    /// The app that handles it.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The route, empty while unknown.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// What is recorded as the message if its process dies in it; `how` says how,
    /// as in "killed by SIGKILL".
    #[must_use]
    pub fn death(&self, how: &str) -> String {
        let [path, ..] = self.texts.all();
        let age_ms = clock::monotonic_ns().saturating_sub(self.start_ns) / 1_000_000;
        Grouping::worker_death_message(how, &format!("{} {path}", self.method), Some(age_ms))
    }

    /// Says which app handles it.
    pub fn set_app(&mut self, app: &str) {
        if self.app != app {
            app.clone_into(&mut self.app);
            self.identify();
        }
    }

    /// Says which route it matched.
    pub fn set_route(&mut self, route: &str) {
        if self.route != route {
            route.clone_into(&mut self.route);
            self.identify();
        }
    }

    /// Says app and route in one go.
    pub fn set_app_and_route(&mut self, app: &str, route: &str) {
        app.clone_into(&mut self.app);
        route.clone_into(&mut self.route);
        self.identify();
    }

    /// Says the framework's own name for the error page.
    pub fn set_ticket(&mut self, ticket: &str) {
        ticket.clone_into(&mut self.ticket);
    }

    /// Who is signed in, empty while not known.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Says who is signed in: an id of the app's own. At most 64 bytes are kept;
    /// what looks like a secret is cut out, and all of it if the folder's own keys
    /// have `user` or `user_id`.
    pub fn set_user(&mut self, user: &str) {
        if self.user != user {
            self.user = redact::pair(USER, bounded(user)).into_owned();
        }
    }

    /// Adds a fact.
    pub const fn set_flag(&mut self, flag: Flags) {
        self.flags = self.flags.with(flag);
    }

    fn identify(&self) {
        if let Some(place) = self.place
            && self.is_ours()
        {
            let Self { app, route, .. } = self;
            self.recorder.spool.with_board(|board| board.identify(place, app, route));
        }
    }

    /// A child forked inside a request has a copy of the guard; the request is
    /// its parent's.
    fn is_ours(&self) -> bool {
        self.generation == self.recorder.spool.generation()
    }

    /// Ends the request. `status` is 0 if none was sent; `bytes_out` counts the
    /// response's body. Only the first end counts.
    pub fn finish(&mut self, status: u16, bytes_out: u64) {
        if self.ended || !self.is_ours() {
            self.ended = true;
            return;
        }
        self.ended = true;
        let duration_ns = clock::monotonic_ns().saturating_sub(self.start_ns);
        let cpu_ns = self.cpu.and_then(CpuStart::elapsed_ns);
        if cpu_ns.is_some() {
            self.flags = self.flags.with(Flags::CPU);
        }
        let event = self.event(status, bytes_out, duration_ns, cpu_ns.unwrap_or_default());
        let recorder = &self.recorder;
        let done = finished(&event, cpu_ns);
        let kept = recorder.spool.with_lane(|mut lane| {
            let route = lane.route(event.app, event.method, event.route);
            if recorder.is_on(lane.app_state(route)) {
                lane.board().finish(route, &done);
                // a drop has been counted where it happened
                let _ = lane.append_with(|buffer| event.encode(buffer));
            }
            // last: killed before this, the request is found in flight
            if let Some(place) = self.place {
                lane.board().leave(place);
            }
        });
        if kept.is_none() {
            let _ = recorder.spool.append_with(|buffer| event.encode(buffer));
        }
    }

    /// Forgets the request: it is recorded nowhere.
    pub fn discard(&mut self) {
        if !self.ended
            && self.is_ours()
            && let Some(place) = self.place
        {
            self.recorder.spool.with_board(|board| board.leave(place));
        }
        self.ended = true;
    }

    fn event(&self, status: u16, bytes_out: u64, duration_ns: u64, cpu_ns: u64) -> Request<'_> {
        let [path, query, client, user_agent, referrer] = self.texts.all();
        let trace = self.trace.unwrap_or(Traceparent { trace_id: [0; 16], parent_span_id: [0; 8] });
        Request {
            id: self.id,
            start_unix_ns: self.start_unix_ns,
            duration_ns,
            cpu_ns,
            status,
            flags: self.flags,
            bytes_in: self.bytes_in,
            bytes_out,
            trace_id: trace.trace_id,
            parent_span_id: trace.parent_span_id,
            app: &self.app,
            method: self.method,
            route: if self.route.is_empty() { "(unmatched)" } else { &self.route },
            path,
            query,
            client,
            user_agent,
            referrer,
            ticket: &self.ticket,
            user: &self.user,
        }
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        if !self.ended {
            self.flags = self.flags.with(Flags::ABORTED);
            self.finish(0, 0);
        }
    }
}

fn finished<'a>(event: &Request<'a>, cpu_ns: Option<u64>) -> Finished<'a> {
    Finished {
        id: event.id,
        end_unix_s: event.start_unix_ns.saturating_add(event.duration_ns) / 1_000_000_000,
        duration_ns: event.duration_ns,
        cpu_ns,
        status: event.status,
        bytes_in: event.bytes_in,
        bytes_out: event.bytes_out,
        app: event.app,
        method: event.method,
        route: event.route,
        path: event.path,
    }
}

/// The name of who is signed in, for a folder that wants no users on its disk.
const USER: &str = "user_id";
const TEXTS: usize = 5;
/// More of any one text is never stored, so no more is kept in memory.
const TEXT_MAX: usize = 1024;

thread_local! {
    static AGENT: RefCell<String> = const { RefCell::new(String::new()) };
    static REFERRER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The texts of a request in one allocation.
#[derive(Debug)]
struct Texts {
    text: String,
    ends: [usize; TEXTS],
}

impl Texts {
    fn new(begin: &Begin<'_>) -> Self {
        let parts: [Cow<'_, str>; TEXTS] = [
            redact::text(bounded(begin.path)),
            redact::query(bounded(begin.query)),
            Cow::Borrowed(bounded(begin.client)),
            clean(&AGENT, bounded(begin.user_agent), redact::text),
            clean(&REFERRER, bounded(begin.referrer), redact::url),
        ];
        let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        let mut ends = [0; TEXTS];
        for (end, part) in ends.iter_mut().zip(&parts) {
            text.push_str(part);
            *end = text.len();
        }
        Self { text, ends }
    }

    fn all(&self) -> [&str; TEXTS] {
        let mut start = 0;
        self.ends.map(|end| {
            let part = &self.text[start..end];
            start = end;
            part
        })
    }
}

/// A header, redacted by `redact`. Clients repeat theirs with each request, so
/// each thread remembers of each kind the last one that had nothing to cut.
fn clean<'a>(
    last: &'static LocalKey<RefCell<String>>,
    text: &'a str,
    redact: fn(&str) -> Cow<'_, str>,
) -> Cow<'a, str> {
    let known = last.try_with(|last| last.try_borrow().is_ok_and(|last| *last == text));
    if known == Ok(true) {
        return Cow::Borrowed(text);
    }
    let redacted = redact(text);
    if let Cow::Borrowed(clean) = redacted {
        let _ = last.try_with(|last| {
            if let Ok(mut last) = last.try_borrow_mut() {
                clean.clone_into(&mut last);
            }
        });
    }
    redacted
}

fn bounded(text: &str) -> &str {
    redact::head(text, TEXT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LogLine, RecorderOptions, Severity};
    use haechi_event::Record;
    use haechi_spool::board::snapshots;
    use haechi_spool::read::SpoolDir;

    fn recorder(data: &std::path::Path) -> Recorder {
        Recorder::new(RecorderOptions {
            data: data.to_path_buf(),
            default_on: true,
            program: "test".into(),
            release: String::new(),
        })
    }

    /// What the spool holds, formatted.
    fn recorded(recorder: &Recorder) -> Vec<String> {
        let dir = SpoolDir::open(recorder.spool_dir()).unwrap();
        let mut found = Vec::new();
        for name in dir.segments().unwrap() {
            let mut buffer = Vec::new();
            let chunk = dir.reader(&name).unwrap().read(&mut buffer, 1 << 20).unwrap().records;
            found.extend(chunk.iter().map(|raw| match Record::decode(raw.payload) {
                Ok(Record::Request(r)) => {
                    format!(
                        "{} {} {} {} {} {}",
                        r.app, r.method, r.route, r.status, r.query, r.bytes_out
                    )
                }
                Ok(Record::Log(l)) => format!("{} {} {}", l.app, l.message, l.request_id),
                Ok(Record::Exception(e)) => format!("{} {} {}", e.app, e.kind, e.message),
                Err(error) => panic!("{error}"),
            }));
        }
        found
    }

    #[test]
    fn a_request_is_recorded_once_with_its_secrets_cut() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = recorder(dir.path());
        let begin =
            Begin { app: "your_app", method: "GET", query: "token=abc", ..Begin::default() };
        let mut guard = recorder.begin(&begin);
        guard.set_route("default/index");
        assert_eq!(snapshots(recorder.spool_dir())[0].in_flight[0].route, "default/index");
        guard.finish(200, 12);
        guard.finish(500, 13);
        drop(guard);
        assert_eq!(recorded(&recorder), ["your_app GET default/index 200 token=[cut:key:3] 12"]);
        assert!(snapshots(recorder.spool_dir())[0].in_flight.is_empty());
    }

    #[test]
    fn a_dropped_request_is_aborted_and_a_discarded_one_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = recorder(dir.path());
        drop(recorder.begin(&Begin { app: "a", method: "HACK", ..Begin::default() }));
        recorder.begin(&Begin::default()).discard();
        assert_eq!(recorded(&recorder), ["a _OTHER (unmatched) 0  0"]);
    }

    #[test]
    fn a_paused_app_records_nothing_until_it_is_enabled() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = recorder(dir.path());
        let once = || recorder.begin(&Begin { app: "a", ..Begin::default() }).finish(200, 0);
        once();
        recorder.disable("a");
        assert!(!recorder.is_on("a"));
        once();
        recorder.log(&LogLine { app: "a", message: "unheard", ..LogLine::default() });
        recorder.enable("a");
        once();
        assert_eq!(recorded(&recorder).len(), 2);
    }

    #[test]
    fn a_log_line_reaches_file_and_spool_without_its_secrets() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = recorder(dir.path());
        let path = dir.path().join("logs").join("a.log");
        recorder.set_log_path("a", &path);
        recorder.log(&LogLine {
            app: "a",
            severity: Severity::Error,
            route: "default/index",
            message: "password=hunter2",
            exception: "Traceback: ValueError",
            ..LogLine::default()
        });
        let file = std::fs::read_to_string(path).unwrap();
        assert!(file.contains("ERROR [a/default/index] password=[cut:key:7]"), "{file}");
        assert!(file.contains("ValueError"), "{file}");
        assert_eq!(recorded(&recorder), ["a password=[cut:key:7] 0000000000000000"]);
    }
}
