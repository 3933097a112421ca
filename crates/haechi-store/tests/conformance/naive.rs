//! The same questions, answered by looking at every record.

use crate::generate::{Owned, OwnedLog, OwnedRequest, What};
use haechi_event::Flags;
use haechi_store::{
    LogCondition, LogFilter, LogsQuery, RequestsQuery, RoutesQuery, StatusFilter, StoredLog,
    StoredRepeat, StoredRequest, Totals, TrafficQuery,
};
use std::collections::BTreeMap;

/// Every record that was appended.
pub(crate) struct Naive<'a> {
    pub(crate) records: &'a [Owned],
}

const MINUTE_MS: u64 = 60_000;

impl<'a> Naive<'a> {
    pub(crate) fn requests(&self) -> impl Iterator<Item = (&'a Owned, &'a OwnedRequest)> {
        self.records.iter().filter_map(|owned| match &owned.what {
            What::Request(request) => Some((owned, request)),
            _ => None,
        })
    }

    pub(crate) fn logs(&self) -> impl Iterator<Item = (&'a Owned, &'a OwnedLog)> {
        self.records.iter().filter_map(|owned| match &owned.what {
            What::Log(log) => Some((owned, log)),
            _ => None,
        })
    }

    /// Points with traffic by their time in seconds, and all together.
    pub(crate) fn traffic(&self, query: &TrafficQuery) -> (BTreeMap<u64, Exact>, Exact) {
        let mut points: BTreeMap<u64, Exact> = BTreeMap::new();
        let mut total = Exact::default();
        for (_, request) in self.requests() {
            let ms = request.id.unix_ms();
            let passes = is_or_any(&query.app, &request.app)
                && is_or_any(&query.route, &request.route)
                && is_or_any(&query.method, &request.method)
                && in_minutes(ms, query.from_ms, query.to_ms);
            if passes {
                points.entry(ms / 1000 / query.step_s * query.step_s).or_default().add(request);
                total.add(request);
            }
        }
        (points, total)
    }

    pub(crate) fn routes(
        &self,
        query: &RoutesQuery,
    ) -> BTreeMap<(&'a str, &'a str, &'a str), Exact> {
        let mut routes: BTreeMap<_, Exact> = BTreeMap::new();
        for (_, request) in self.requests() {
            let passes = is_or_any(&query.app, &request.app)
                && in_minutes(request.id.unix_ms(), query.from_ms, query.to_ms);
            if passes {
                let key = (request.app.as_str(), request.method.as_str(), request.route.as_str());
                routes.entry(key).or_default().add(request);
            }
        }
        routes
    }

    /// All that pass, newest first.
    pub(crate) fn matching_requests(&self, query: &RequestsQuery) -> Vec<StoredRequest> {
        let mut found: Vec<StoredRequest> = self
            .requests()
            .filter(|(_, r)| {
                let ms = r.id.unix_ms();
                let status = match query.status {
                    None => true,
                    Some(StatusFilter::Code(code)) => r.status == code,
                    Some(StatusFilter::Class(class)) => r.status / 100 == u16::from(class),
                };
                status
                    && is_or_any(&query.app, &r.app)
                    && is_or_any(&query.route, &r.route)
                    && is_or_any(&query.method, &r.method)
                    && is_or_any(&query.client, &r.client)
                    && is_or_any(&query.user, &r.user)
                    && is_or_any(&query.release, &r.release)
                    && query.min_duration_us.is_none_or(|least| r.duration_ns / 1000 >= least)
                    && query.path_contains.as_ref().is_none_or(|part| r.path.contains(part))
                    && (query.from_ms..query.to_ms).contains(&ms)
            })
            .map(|(owned, request)| stored_request(owned, request))
            .collect();
        found.sort_by_key(|request| std::cmp::Reverse(request.id));
        found
    }

    /// All that pass except for the text, newest first, those of one
    /// millisecond in any order.
    pub(crate) fn matching_logs(
        &self,
        query: &LogsQuery,
        text: impl Fn(&OwnedLog) -> bool,
    ) -> Vec<(&'a Owned, &'a OwnedLog)> {
        let mut found: Vec<_> = self
            .logs()
            .filter(|(_, log)| {
                is_or_any(&query.app, &log.app)
                    && query.min_severity.is_none_or(|least| log.severity >= least)
                    && query.conditions.iter().all(|condition| is_met(condition, log))
                    && query.request.is_none_or(|id| log.request_id == id)
                    && (query.from_ms..query.to_ms).contains(&(log.time_unix_ns / 1_000_000))
                    && text(log)
            })
            .collect();
        found.sort_by_key(|(_, log)| std::cmp::Reverse(log.time_unix_ns));
        found
    }
}

fn is_or_any(want: &Option<String>, have: &str) -> bool {
    want.as_ref().is_none_or(|want| want == have)
}

/// Patterns are no part of what is counted here.
fn is_met(LogCondition { not, is }: &LogCondition, log: &OwnedLog) -> bool {
    *not != match is {
        LogFilter::Severity(least) => log.severity >= *least,
        LogFilter::App(app) => log.app == *app,
        LogFilter::Route(route) => log.route == *route,
        LogFilter::Logger(logger) => log.logger == *logger,
        LogFilter::Pattern(_) => panic!("ask by the pattern's own lines"),
        LogFilter::Attribute { key, value } => {
            log.pairs.iter().any(|(k, v)| (k, v) == (key, value))
        }
    }
}

fn in_minutes(ms: u64, from_ms: u64, to_ms: u64) -> bool {
    let minute = ms / MINUTE_MS;
    minute >= from_ms / MINUTE_MS && minute < to_ms.div_ceil(MINUTE_MS)
}

fn stored_request(owned: &Owned, r: &OwnedRequest) -> StoredRequest {
    let came = r.trace_id != [0; 16];
    StoredRequest {
        id: r.id,
        trace_id: if came { r.trace_id } else { haechi_event::generated_trace_id(r.id) },
        parent_span_id: came.then_some(r.parent_span_id),
        app: r.app.clone(),
        method: r.method.clone(),
        route: r.route.clone(),
        path: r.path.clone(),
        query: r.query.clone(),
        status: r.status,
        duration_us: r.duration_ns / 1000,
        cpu_us: r.flags.contains(Flags::CPU).then_some(r.cpu_ns / 1000),
        bytes_in: r.bytes_in,
        bytes_out: r.bytes_out,
        client: r.client.clone(),
        user: r.user.clone(),
        release: r.release.clone(),
        user_agent: r.user_agent.clone(),
        referrer: r.referrer.clone(),
        pid: owned.pid,
        ticket: (!r.ticket.is_empty()).then(|| r.ticket.clone()),
        flags: r.flags,
        split: haechi_event::Split::decode(&r.split).unwrap(),
        repeats: haechi_event::decode_repeats(&r.repeats)
            .map(|repeat| StoredRepeat {
                count: repeat.count,
                total_ns: repeat.total_ns,
                saves_ns: repeat.saves_ns(),
                name: repeat.name.to_owned(),
                file: repeat.file.to_owned(),
                line: repeat.line,
            })
            .collect(),
    }
}

/// Whether a stored line is this one; its id is the store's own.
pub(crate) fn is_same_log(stored: &StoredLog, owned: &Owned, log: &OwnedLog) -> bool {
    stored.id.unix_us() / 1000 == log.time_unix_ns / 1_000_000
        && stored.severity == log.severity
        && stored.app == log.app
        && stored.route == log.route
        && stored.logger == log.logger
        && stored.message == log.message
        && stored.message_bytes == log.message_bytes
        && stored.request_id.unwrap_or_default() == log.request_id
        && stored.pid == owned.pid
        && stored.file == log.file
        && stored.line == log.line
        && stored.attributes == log.pairs
        && stored.exception.clone().unwrap_or_default() == log.exception
}

/// Numbers with every duration kept.
#[derive(Default, Clone)]
pub(crate) struct Exact {
    totals: Totals,
    durations: Vec<u64>,
}

impl Exact {
    fn add(&mut self, r: &OwnedRequest) {
        let t = &mut self.totals;
        t.requests += 1;
        t.status[if (100..600).contains(&r.status) { usize::from(r.status / 100) } else { 0 }] += 1;
        t.duration_ns += r.duration_ns;
        t.max_ns = t.max_ns.max(r.duration_ns);
        if r.flags.contains(Flags::CPU) {
            t.cpu_ns += r.cpu_ns;
            t.cpu_requests += 1;
        }
        t.bytes_in += r.bytes_in;
        t.bytes_out += r.bytes_out;
        t.split.merge(&haechi_event::Split::decode(&r.split).unwrap());
        self.durations.push(r.duration_ns);
    }

    pub(crate) const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Everything equal, quantiles within 2.5 % and never above the maximum.
    pub(crate) fn assert_equals(&self, got: &Totals, what: &str) {
        let mut sorted = self.durations.clone();
        sorted.sort_unstable();
        let quantiles = [got.p50_ns, got.p90_ns, got.p95_ns, got.p99_ns];
        for (got_ns, share) in quantiles.into_iter().zip([0.5, 0.9, 0.95, 0.99]) {
            let rank = ((share * sorted.len() as f64).ceil() as usize).max(1);
            let exact = sorted.get(rank - 1).map(|ns| *ns as f64);
            match (got_ns, exact) {
                (Some(ns), Some(exact)) => {
                    assert!((ns - exact).abs() <= exact * 0.025, "{what}: {share} {ns} {exact}");
                    assert!(ns <= got.max_ns as f64, "{what}: {share} is above the maximum");
                }
                (got, exact) => assert_eq!(got, exact, "{what}: quantile {share}"),
            }
        }
        let mut rest = *got;
        (rest.p50_ns, rest.p90_ns, rest.p95_ns, rest.p99_ns) = (None, None, None, None);
        assert_eq!(rest, self.totals, "{what}");
    }
}
