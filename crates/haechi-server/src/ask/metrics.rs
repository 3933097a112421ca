use super::worker_metrics::put_workers;
use super::{Ask, LONG_MS, Moment, Params};
use crate::ServerError;
use haechi_spool::board::BoardSnapshot;
use haechi_store::{RouteSort, RouteTotals, RoutesQuery};
use std::collections::BTreeMap;
use std::fmt::Display;

/// Routes shown; those with the fewest requests are left out.
const ROUTES: usize = 1000;

/// Metrics in the text format of Prometheus. Counters count from the beginning
/// of the data folder, so neither a restart of an app nor one of Haechi resets
/// them.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    /// The whole text.
    #[must_use]
    pub fn text(self) -> String {
        self.text
    }

    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let open = if at == 0 { '{' } else { ',' };
            self.text.push_str(&format!("{open}{label}=\"{}\"", escaped(text)));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        self.text.push_str(&format!("{close} {value}\n"));
    }

    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }
}

/// As the format wants a label's value. Control characters are of no use to
/// anyone and dangerous to a terminal.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

impl Ask {
    /// Everything Prometheus may want. No parameters.
    ///
    /// # Errors
    /// [`ServerError::Input`] for any parameter; what the store or spool says.
    pub fn metrics(&self, params: Params) -> Result<Exposition, ServerError> {
        params.finish()?;
        let query = RoutesQuery {
            from_ms: 0,
            to_ms: Moment::now().unix_ms() + 60_000,
            sort: RouteSort::Requests,
            limit: ROUTES,
            ..RoutesQuery::default()
        };
        let boards = self.boards();
        let mut out = Exposition::default();
        put_routes(&mut out, &self.store.routes(&query)?.routes);
        put_present(&mut out, &boards);
        put_workers(&mut out, &self.look_at_workers(&boards, None));
        self.put_own(&mut out, &boards)?;
        Ok(out)
    }

    fn put_own(&self, out: &mut Exposition, boards: &[BoardSnapshot]) -> Result<(), ServerError> {
        const DROPPED: &str = "haechi_records_dropped_total";
        out.family(DROPPED, "counter", "Records lost, by reason.");
        for (reason, count) in self.drops_of(boards)? {
            out.sample(DROPPED, &[("reason", &reason)], count);
        }
        let size = self.store.size()?;
        out.single(
            "haechi_records_stored_total",
            "counter",
            "Requests, log lines, exceptions and what belongs to them, stored.",
            size.records(),
        );
        out.single("haechi_store_bytes", "gauge", "Bytes of stored data.", size.bytes);
        out.single("haechi_spool_bytes", "gauge", "Bytes of the spool.", self.spool.bytes()?);
        let lag = self.health.lag().as_secs_f64();
        out.single(
            "haechi_collector_lag_seconds",
            "gauge",
            "Age of the newest record when it was last committed.",
            lag,
        );
        let failed = self.health.appends_failed();
        out.single("haechi_commits_failed_total", "counter", "Commits the store refused.", failed);
        let ready = u8::from(self.health.ready().is_ok());
        out.single("haechi_ready", "gauge", "1 if rows move, else 0.", ready);
        Ok(())
    }
}

fn put_routes(out: &mut Exposition, routes: &[RouteTotals]) {
    const REQUESTS: &str = "haechi_requests_total";
    const SECONDS: &str = "haechi_request_seconds_total";
    const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
    out.family(REQUESTS, "counter", "Requests handled, by status class.");
    for route in routes {
        for (class, count) in CLASSES.into_iter().zip(route.totals.status) {
            if count > 0 {
                let [app, method, name] = labels(route);
                out.sample(REQUESTS, &[app, method, name, ("status", class)], count);
            }
        }
    }
    out.family(SECONDS, "counter", "Time spent in requests.");
    for route in routes {
        out.sample(SECONDS, &labels(route), route.totals.duration_ns as f64 / 1e9);
    }
}

fn labels(route: &RouteTotals) -> [(&'static str, &str); 3] {
    [("app", &route.app), ("method", &route.method), ("route", &route.route)]
}

fn put_present(out: &mut Exposition, boards: &[BoardSnapshot]) {
    const IN_FLIGHT: &str = "haechi_requests_in_flight";
    const LONG: &str = "haechi_requests_in_flight_long";
    let begun_ns = Moment::now().unix_ms().saturating_sub(LONG_MS as u64) * 1_000_000;
    let mut in_flight: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    let running = || boards.iter().filter(|board| board.running);
    for board in running() {
        for app in &board.apps {
            in_flight.entry(&app.app).or_default();
        }
        for request in &board.in_flight {
            let [all, long] = in_flight.entry(&request.app).or_default();
            *all += 1;
            *long += u64::from(request.start_unix_ns < begun_ns);
        }
    }
    out.family(IN_FLIGHT, "gauge", "Requests being handled.");
    for (app, [all, _]) in &in_flight {
        out.sample(IN_FLIGHT, &[("app", app)], all);
    }
    out.family(LONG, "gauge", "Those that have lasted for more than 30 s.");
    for (app, [_, long]) in &in_flight {
        out.sample(LONG, &[("app", app)], long);
    }
    out.single("haechi_workers", "gauge", "Running processes that record.", running().count());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_out_of_their_quotes() {
        let mut out = Exposition::default();
        out.sample("x", &[("a", "q\"\\\n\u{1b}[31m")], 1);
        assert_eq!(out.text(), "x{a=\"q\\\"\\\\\\n\u{fffd}[31m\"} 1\n");
    }
}
