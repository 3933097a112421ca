use crate::begin::Begin;
use crate::clean_text::bounded;
use crate::clock;
use crate::cpu_time::{CpuStart, SAMPLE_EVERY_NS};
use crate::guard_pool;
use crate::heads::Heads;
use crate::recorder::Recorder;
use crate::request_state::State;
use haechi_event::{
    Flags, Grouping, RequestEnd, RequestId, RequestNames, RequestNumbers, generated_trace_id,
    redact,
};
use haechi_spool::board::Entered;
use std::fmt;
use std::mem::ManuallyDrop;

/// A request that has begun. It ends exactly once: by [`Self::finish`], or,
/// counted as aborted, by being dropped.
pub struct RequestGuard {
    /// Gone only in `drop`.
    pub(crate) state: ManuallyDrop<Box<State>>,
}

impl Recorder {
    /// A request begins.
    #[must_use]
    pub fn begin(&self, begin: &Begin<'_>) -> RequestGuard {
        let recorder = self.inner();
        let start_ns = clock::monotonic_ns();
        let (start_unix_ns, looked) = recorder.wall.at(start_ns);
        if looked {
            recorder.spool.look_after();
        }
        let mut state = guard_pool::take().unwrap_or_else(|| State::new(recorder));
        state.begin(recorder, start_ns, begin);
        let now_ms = start_unix_ns / 1_000_000;
        let entered = recorder.spool.with_lane(|mut lane| {
            let id = lane.next_id(now_ms);
            let path = state.texts.path();
            let State { app, method, route, .. } = &*state;
            let (client, thread) = (begin.client, begin.thread);
            let entered = Entered { id, start_unix_ns, app, method, route, path, client, thread };
            (id, lane.board().enter(&entered), lane.is_sampled(start_ns, SAMPLE_EVERY_NS))
        });
        let (id, place, sampled) = match entered {
            Some((id, place, sampled)) => (id, Some(place), sampled),
            None => (RequestId::first_at_ms(now_ms), None, false),
        };
        state.numbers.id = id;
        state.numbers.start_unix_ns = start_unix_ns;
        state.place = place;
        state.cpu = if sampled { Some(CpuStart::now()) } else { None };
        RequestGuard { state: ManuallyDrop::new(state) }
    }
}

impl fmt::Debug for RequestGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { numbers, app, route, ended, .. } = &**self.state;
        f.debug_struct("RequestGuard")
            .field("id", &numbers.id)
            .field("app", app)
            .field("route", route)
            .field("ended", ended)
            .finish_non_exhaustive()
    }
}

impl RequestGuard {
    /// Names the request.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.state.numbers.id
    }

    /// The trace it belongs to: the caller's, or one of its own.
    #[must_use]
    pub fn trace_id(&self) -> [u8; 16] {
        let RequestNumbers { id, trace_id, .. } = self.state.numbers;
        if trace_id == [0; 16] { generated_trace_id(id) } else { trace_id }
    }

    /// What records it.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        Recorder::from(self.state.recorder)
    }

    /// The app that handles it.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.state.app
    }

    /// The route, empty while unknown.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.state.route
    }

    /// What is recorded as the message if its process dies in it; `how` says how,
    /// as in "killed by SIGKILL".
    #[must_use]
    pub fn death(&self, how: &str) -> String {
        let path = String::from_utf8_lossy(self.state.texts.path());
        let State { method, start_ns, .. } = **self.state;
        let age_ms = clock::monotonic_ns().saturating_sub(start_ns) / 1_000_000;
        Grouping::worker_death_message(how, &format!("{method} {path}"), Some(age_ms))
    }

    /// Says which app handles it.
    pub fn set_app(&mut self, app: &str) {
        if self.state.app != app {
            self.state.set_app(app);
            self.identify(true);
        }
    }

    /// Says which route it matched.
    pub fn set_route(&mut self, route: &str) {
        if self.state.route != route {
            self.state.set_route(route);
            self.identify(false);
        }
    }

    /// Says app and route in one go.
    pub fn set_app_and_route(&mut self, app: &str, route: &str) {
        self.state.set_app(app);
        self.state.set_route(route);
        self.identify(true);
    }

    /// Says the framework's own name for the error page.
    pub fn set_ticket(&mut self, ticket: &str) {
        ticket.clone_into(&mut self.state.ticket);
    }

    /// Who is signed in, empty while not known.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.state.user
    }

    /// Says who is signed in: an id of the app's own. At most 64 bytes are kept;
    /// what looks like a secret is cut out, and all of it if the folder's own keys
    /// have `user` or `user_id`.
    pub fn set_user(&mut self, user: &str) {
        if self.state.user != user {
            self.state.user = redact::pair(USER, bounded(user)).into_owned();
        }
    }

    /// Adds a fact.
    pub fn set_flag(&mut self, flag: Flags) {
        self.state.numbers.flags = self.state.numbers.flags.with(flag);
    }

    /// What takes a poll longer than this holds up its thread; 0: nobody looks.
    #[cfg(feature = "tower")]
    pub(crate) fn set_blocked_after(&mut self, ns: u64) {
        self.state.blocked_after_ns = ns;
    }

    /// Says how a gRPC call ended (`rpc.grpc.status_code`).
    pub fn set_grpc_status(&mut self, status: u16) {
        self.state.numbers.flags = self.state.numbers.flags.with_grpc_status(status);
    }

    /// Takes the path as the route, unless one is known: where paths are those of
    /// methods that exist, as in gRPC.
    #[cfg(feature = "tower")]
    pub(crate) fn route_by_path(&mut self) {
        if self.state.route.is_empty() {
            let path = String::from_utf8_lossy(self.state.texts.path()).into_owned();
            self.set_route(&path);
        }
    }

    fn identify(&self, app_is_new: bool) {
        if let Some(place) = self.state.place
            && self.is_ours()
        {
            let State { app, route, recorder, .. } = &**self.state;
            let app = app_is_new.then_some(&**app);
            recorder.spool.look_at_board(|board| board.identify(place, app, route));
        }
    }

    /// Whether nothing more can be said of it here.
    pub(crate) fn is_over(&self) -> bool {
        self.state.ended || !self.is_ours()
    }

    /// A child forked inside a request has a copy of the guard; the request is
    /// its parent's.
    fn is_ours(&self) -> bool {
        self.state.generation == self.state.recorder.spool.generation()
    }

    /// Ends the request. `status` is 0 if none was sent; `bytes_out` counts the
    /// response's body. Only the first end counts.
    #[inline]
    pub fn finish(&mut self, status: u16, bytes_out: u64) {
        self.finish_with(status, bytes_out, &mut |_| ());
    }

    /// The same; `tell` is asked what the heads said if somebody will look at the
    /// request: if it failed, raised or was slow.
    #[inline]
    pub fn finish_with(&mut self, status: u16, bytes_out: u64, tell: &mut dyn FnMut(&mut Heads)) {
        let had_ended = std::mem::replace(&mut self.state.ended, true);
        if !had_ended && self.is_ours() {
            self.record(status, bytes_out, tell);
        }
    }

    fn record(&mut self, status: u16, bytes_out: u64, tell: &mut dyn FnMut(&mut Heads)) {
        let now = clock::monotonic_ns();
        self.look_at_poll(now);
        if self.state.spans.is_some() {
            self.end_spans(now);
        }
        let state = &mut **self.state;
        let numbers = &mut state.numbers;
        numbers.duration_ns = now.saturating_sub(state.start_ns);
        let cpu_ns = state.cpu.and_then(CpuStart::elapsed_ns);
        if let Some(cpu_ns) = cpu_ns {
            numbers.cpu_ns = cpu_ns;
            numbers.flags = numbers.flags.with(Flags::CPU);
        }
        numbers.status = status;
        numbers.bytes_out = bytes_out;
        if self.may_be_looked_at() {
            self.keep_heads(tell);
        }
        let state = &**self.state;
        let State { recorder, place, method, numbers, app, texts, .. } = state;
        let spans = state.spans.as_deref();
        let end = RequestEnd {
            ticket: &state.ticket,
            user: &state.user,
            split: spans.map_or(&[], |spans| spans.split_bytes()),
            repeats: spans.map_or(&[], |spans| spans.repeats_bytes()),
            release: recorder.release(app, now),
        };
        let route: &str = if state.route.is_empty() { "(unmatched)" } else { &state.route };
        let known = state.slot.as_ref().filter(|_| !state.route.is_empty());
        // looked into where it stands: to move it, and to load it in other pieces
        // than it was stored, takes longer than all of the counting
        let mut looked_up = None;
        let kept = recorder.spool.with_lane(|mut lane| {
            let slot = match known {
                Some(known) if lane.remembers(known) => known,
                _ => looked_up.insert(lane.route(app, method, route)),
            };
            if recorder.is_on(lane.app_state(slot)) {
                lane.finish(slot, &state.finished(route, cpu_ns));
                // a drop has been counted where it happened
                let _ = lane.append_named(slot, |names, out| {
                    numbers.encode_request(names, texts, &end, out);
                });
            }
            // last: killed before this, the request is found in flight
            if let Some(place) = *place {
                lane.board().leave(place);
            }
        });
        if kept.is_none() {
            let names = RequestNames::new(app, method, route);
            let _ =
                recorder.spool.append_with(|out| numbers.encode_request(&names, texts, &end, out));
        }
        if looked_up.is_some() && !self.state.route.is_empty() {
            self.state.slot = looked_up;
        }
        if self.state.spans.is_some() {
            self.give_spans_back();
        }
    }

    /// Forgets the request: it is recorded nowhere.
    pub fn discard(&mut self) {
        let had_ended = std::mem::replace(&mut self.state.ended, true);
        let State { recorder, place, .. } = **self.state;
        if !had_ended
            && self.is_ours()
            && let Some(place) = place
        {
            recorder.spool.look_at_board(|board| board.leave(place));
        }
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        if !self.state.ended {
            self.set_flag(Flags::ABORTED);
            self.finish(0, 0);
        }
        // SAFETY: nothing uses `state` after this: the guard is being dropped.
        guard_pool::give(unsafe { ManuallyDrop::take(&mut self.state) });
    }
}

/// The name of who is signed in, for a folder that wants no users on its disk.
const USER: &str = "user_id";

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
            runtime: String::new(),
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
                Ok(Record::Span(s)) => format!("{} {} {}", s.app, s.part.name(), s.name),
                Ok(Record::Samples(s)) => format!("{} {} samples", s.app, s.samples),
                Ok(Record::Headers(h)) => format!("{} headers {}", h.app, h.request_left_out),
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
