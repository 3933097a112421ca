//! The tables of both kinds of file, and their version.
//!
//! Both name themselves in the file's header (`application_id`,
//! `user_version`), so that a foreign or newer file is known before it is read.

/// The two kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Main,
    Day,
}

/// The version this program writes and reads.
pub const VERSION: u32 = 1;

impl Kind {
    /// `HaeM` and `HaeL` in ASCII.
    pub(crate) const fn application_id(self) -> u32 {
        match self {
            Self::Main => 0x4861_654d,
            Self::Day => 0x4861_654c,
        }
    }

    /// What files of this kind had as their id before the first release, when
    /// log lines had no patterns: `HaeD`.
    pub(crate) fn is_before_release(self, application_id: u32) -> bool {
        self == Self::Day && application_id == 0x4861_6544
    }

    /// Statements that make an empty file one of version [`VERSION`].
    pub(crate) fn create(self) -> String {
        let tables = match self {
            Self::Main => MAIN,
            Self::Day => DAY,
        };
        let tables = tables.replace("{numbers}", NUMBERS).replace("{query_numbers}", QUERY_NUMBERS);
        let tables = tables.replace("{title}", TITLE).replace("{counted}", COUNTED);
        let tables = tables.replace("{logs_text}", LOGS_TEXT);
        let id = self.application_id();
        format!(
            "BEGIN IMMEDIATE; {tables} PRAGMA application_id = {id}; \
             PRAGMA user_version = {VERSION}; COMMIT;"
        )
    }

    /// Tables every file of this kind has.
    pub(crate) const fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Main => &[
                "apps",
                "day_files",
                "drops",
                "folded_days",
                "issue_days",
                "issue_hours",
                "issue_shares",
                "issue_users",
                "issues",
                "kept_events",
                "meta",
                "notes",
                "patterns",
                "positions",
                "queries",
                "query_days",
                "releases",
                "rollups",
                "routes",
                "synced_days",
                "visit_names",
                "visits",
            ],
            Self::Day => &[
                "dirty_hours",
                "exceptions",
                "headers",
                "issue_hours",
                "issue_moves",
                "issue_shares",
                "issue_users",
                "issues",
                "logs",
                "logs_text",
                "meta",
                "pattern_counts",
                "patterns",
                "positions",
                "queries",
                "query_counts",
                "releases",
                "requests",
                "rollups",
                "routes",
                "samples",
                "spans",
                "texts",
                "visit_names",
                "visits",
            ],
        }
    }
}

/// The full-text index: words as Unicode has them, and what begins other terms.
/// Line lengths are left out: nothing is ranked.
pub(crate) const LOGS_TEXT: &str = "fts5(text, content='', columnsize=0, \
     tokenize=\"unicode61 tokenchars '\u{1}'\")";

/// What a rollup counts; `latency` is the byte form of the histogram, `split` that
/// of the parts, NULL if nothing was timed.
const NUMBERS: &str = "
  requests INTEGER NOT NULL, status_none INTEGER NOT NULL, status_1xx INTEGER NOT NULL,
  status_2xx INTEGER NOT NULL, status_3xx INTEGER NOT NULL, status_4xx INTEGER NOT NULL,
  status_5xx INTEGER NOT NULL, duration_ns INTEGER NOT NULL, max_ns INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL, cpu_requests INTEGER NOT NULL, bytes_in INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL, latency BLOB NOT NULL, split BLOB";

/// What is counted of a query.
const QUERY_NUMBERS: &str =
    "calls INTEGER NOT NULL, total_ns INTEGER NOT NULL, max_ns INTEGER NOT NULL,
  failed INTEGER NOT NULL, rows INTEGER NOT NULL, repeats INTEGER NOT NULL,
  repeated INTEGER NOT NULL, saves_ns INTEGER NOT NULL, max_request INTEGER NOT NULL,
  repeats_request INTEGER NOT NULL";

/// What names an issue, as of its latest occurrence.
const TITLE: &str = "app TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL,
  culprit TEXT NOT NULL, reason TEXT NOT NULL, grouping INTEGER NOT NULL";

/// What is counted of an issue.
const COUNTED: &str = "events INTEGER NOT NULL, first_id INTEGER NOT NULL,
  latest_id INTEGER NOT NULL, representative_id INTEGER NOT NULL, frames INTEGER NOT NULL";

/// Columns of single requests that hold an integer are a row of `texts`; past
/// the cap the text itself is there, so they have no declared type. `path` is
/// NULL if it equals the route, 1 for '/' and the route, 2 for '/', the app,
/// '/' and the route. `trace` is the 16 bytes of the trace, then 8 of the
/// caller's span. Kinds of routes: 0 a route, 1 all of an app, 2 everything.
/// `minute` counts from the Unix epoch, `width` is in minutes.
///
/// `logs_text` has no content of its own: `log_terms.rs` says what is indexed.
/// `patterns` counts the lines of each pattern, `pattern_counts` those of some
/// minutes.
///
/// `split` and `repeats` of a request are the byte forms of its record. `queries`
/// has each normalised query with a line that asked it, `query_counts` what it took
/// in the requests that began in some minutes: `repeats` are requests that asked
/// it again and again, `repeated` how often, `saves_ns` what that cost; `max_request` is
/// one with the longest call, `repeats_request` the latest of `repeats`.
///
/// `visits` has of each app (its row of `routes`) who visited in five minutes, people
/// and programs apart, as the byte form of a [`super::visit_sketch`]; `visit_names`
/// what its hashes stand for.
///
/// `issues` and the two tables beside it count the rows of `exceptions`; `hour`
/// counts from the Unix epoch, `of` is 0 for routes, 1 for releases, 2 for
/// users, `sketch` the byte form of a [`super::distinct`], `changed`
/// how many exceptions the file had when the issue was counted last. `frames`
/// are those of the representative one. `issue_moves` says which issues became
/// which when they were grouped again.
const DAY: &str = "
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE positions(segment TEXT PRIMARY KEY, end INTEGER NOT NULL, records INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE routes(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, app TEXT NOT NULL,
  method TEXT NOT NULL, route TEXT NOT NULL);
CREATE TABLE texts(id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE requests(id INTEGER PRIMARY KEY, route INTEGER NOT NULL, status INTEGER NOT NULL,
  duration_us INTEGER NOT NULL, cpu_us INTEGER, bytes_in INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL, pid INTEGER NOT NULL, flags INTEGER NOT NULL, client, user_agent,
  referrer, path, query TEXT, ticket TEXT, trace BLOB, user, split BLOB, repeats BLOB, release);
CREATE INDEX requests_by_ticket ON requests(ticket) WHERE ticket IS NOT NULL;
CREATE INDEX requests_by_trace ON requests(trace) WHERE trace IS NOT NULL;
CREATE TABLE logs(id INTEGER PRIMARY KEY, severity INTEGER NOT NULL, app, route, logger, file,
  line INTEGER NOT NULL, request_id INTEGER, pid INTEGER NOT NULL, message_bytes INTEGER NOT NULL,
  message TEXT NOT NULL, exception TEXT, pattern INTEGER NOT NULL, attributes BLOB);
CREATE INDEX logs_by_request ON logs(request_id) WHERE request_id IS NOT NULL;
CREATE VIRTUAL TABLE logs_text USING {logs_text};
INSERT INTO logs_text(logs_text, rank) VALUES ('hashsize', 4194304), ('automerge', 8);
CREATE TABLE patterns(pattern INTEGER PRIMARY KEY, app TEXT NOT NULL, logger TEXT NOT NULL,
  severity INTEGER NOT NULL, template TEXT NOT NULL, lines INTEGER NOT NULL,
  first_id INTEGER NOT NULL, latest_id INTEGER NOT NULL);
CREATE TABLE pattern_counts(width INTEGER NOT NULL, minute INTEGER NOT NULL,
  pattern INTEGER NOT NULL, lines INTEGER NOT NULL, PRIMARY KEY(width, minute, pattern))
  WITHOUT ROWID;
CREATE TABLE rollups(route INTEGER NOT NULL, width INTEGER NOT NULL, minute INTEGER NOT NULL,
  {numbers}, PRIMARY KEY(route, width, minute)) WITHOUT ROWID;
CREATE TABLE spans(request_id INTEGER NOT NULL, span INTEGER NOT NULL, parent INTEGER NOT NULL,
  part INTEGER NOT NULL, failed INTEGER NOT NULL, count INTEGER NOT NULL, start_us INTEGER NOT NULL,
  duration_us INTEGER NOT NULL, rows INTEGER, status INTEGER NOT NULL, name, file, line INTEGER);
CREATE INDEX spans_by_request ON spans(request_id);
CREATE TABLE samples(request_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  occasion INTEGER NOT NULL, unseen INTEGER NOT NULL, interval_ms INTEGER NOT NULL,
  looks INTEGER NOT NULL, samples INTEGER NOT NULL, from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL, lock_wait_us INTEGER NOT NULL, lock_wait_max_us INTEGER NOT NULL,
  tree BLOB NOT NULL);
CREATE INDEX samples_by_request ON samples(request_id);
CREATE TABLE headers(request_id INTEGER NOT NULL, request BLOB NOT NULL,
  request_left_out INTEGER NOT NULL, response BLOB NOT NULL, response_left_out INTEGER NOT NULL);
CREATE INDEX headers_by_request ON headers(request_id);
CREATE TABLE queries(query INTEGER PRIMARY KEY, app TEXT NOT NULL, sql TEXT NOT NULL,
  file TEXT NOT NULL, line INTEGER NOT NULL);
CREATE TABLE query_counts(width INTEGER NOT NULL, minute INTEGER NOT NULL, query INTEGER NOT NULL,
  {query_numbers},
  PRIMARY KEY(width, minute, query))
  WITHOUT ROWID;
CREATE TABLE visits(app INTEGER NOT NULL, minute INTEGER NOT NULL, programs INTEGER NOT NULL,
  sketch BLOB NOT NULL, PRIMARY KEY(app, minute, programs)) WITHOUT ROWID;
CREATE TABLE visit_names(hash INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE releases(app TEXT NOT NULL, release TEXT NOT NULL, first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL, PRIMARY KEY(app, release)) WITHOUT ROWID;
CREATE TABLE dirty_hours(minute INTEGER PRIMARY KEY);
CREATE TABLE exceptions(id INTEGER PRIMARY KEY, issue INTEGER NOT NULL, grouping INTEGER NOT NULL,
  mechanism INTEGER NOT NULL, app, route, release, pid INTEGER NOT NULL, request_id INTEGER,
  ticket TEXT, kind, message TEXT NOT NULL, stack BLOB NOT NULL, user);
CREATE INDEX exceptions_by_issue ON exceptions(issue);
CREATE INDEX exceptions_by_request ON exceptions(request_id) WHERE request_id IS NOT NULL;
CREATE INDEX exceptions_by_ticket ON exceptions(ticket) WHERE ticket IS NOT NULL;
CREATE TABLE issues(issue INTEGER PRIMARY KEY, {title}, {counted}, changed INTEGER NOT NULL);
CREATE INDEX issues_by_change ON issues(changed);
CREATE TABLE issue_hours(issue INTEGER NOT NULL, hour INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY(issue, hour)) WITHOUT ROWID;
CREATE TABLE issue_shares(issue INTEGER NOT NULL, of INTEGER NOT NULL, name TEXT NOT NULL,
  events INTEGER NOT NULL, PRIMARY KEY(issue, of, name)) WITHOUT ROWID;
CREATE TABLE issue_users(issue INTEGER PRIMARY KEY, sketch BLOB NOT NULL);
CREATE TABLE issue_moves(old INTEGER NOT NULL, new INTEGER NOT NULL, PRIMARY KEY(old, new))
  WITHOUT ROWID;
";

/// `part` tells apart the files a day had one after the other; `folded_days`
/// says what was counted in each. `day_files` lists the files there are now.
///
/// `visits`, and `query_days` beside `queries`, are as in the day files, for whole days.
///
/// `issue_days`, `issue_hours`, `issue_shares` and `issue_users` repeat what day files count;
/// `synced_days` says up to which change, and after how many groupings again.
/// `issues` adds that up and holds what was decided: `state` 0 open, 1 resolved,
/// 2 ignored; `resolved_ms` is the time after which an occurrence is a
/// regression; `inherited` the version of the grouping that gave the state.
/// `patterns` remembers which were seen before, and on which day last.
/// `kept_events` are occurrences whose day is deleted; a stack that was taken
/// away for want of room is NULL.
const MAIN: &str = "
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE positions(segment TEXT PRIMARY KEY, end INTEGER NOT NULL, records INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE patterns(pattern INTEGER PRIMARY KEY, first_id INTEGER NOT NULL,
  day INTEGER NOT NULL);
CREATE TABLE apps(app TEXT PRIMARY KEY, first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE releases(app TEXT NOT NULL, release TEXT NOT NULL, first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL, PRIMARY KEY(app, release, first_ms)) WITHOUT ROWID;
CREATE TABLE drops(reason TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE notes(id INTEGER PRIMARY KEY, time_unix_ms INTEGER NOT NULL, kind TEXT NOT NULL,
  name TEXT NOT NULL, text TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE routes(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, app TEXT NOT NULL,
  method TEXT NOT NULL, route TEXT NOT NULL);
CREATE TABLE rollups(route INTEGER NOT NULL, width INTEGER NOT NULL, minute INTEGER NOT NULL,
  part INTEGER NOT NULL, {numbers}, PRIMARY KEY(route, width, minute, part)) WITHOUT ROWID;
CREATE TABLE queries(query INTEGER PRIMARY KEY, app TEXT NOT NULL, sql TEXT NOT NULL,
  file TEXT NOT NULL, line INTEGER NOT NULL);
CREATE TABLE query_days(day INTEGER NOT NULL, part INTEGER NOT NULL, query INTEGER NOT NULL,
  {query_numbers}, PRIMARY KEY(day, part, query)) WITHOUT ROWID;
CREATE TABLE visits(app INTEGER NOT NULL, day INTEGER NOT NULL, part INTEGER NOT NULL,
  programs INTEGER NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY(app, day, part, programs))
  WITHOUT ROWID;
CREATE TABLE visit_names(hash INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE day_files(day INTEGER PRIMARY KEY, part INTEGER NOT NULL, dirty INTEGER NOT NULL);
CREATE TABLE folded_days(day INTEGER NOT NULL, part INTEGER NOT NULL, requests INTEGER NOT NULL,
  logs INTEGER NOT NULL, exceptions INTEGER NOT NULL, spans INTEGER NOT NULL,
  samples INTEGER NOT NULL, headers INTEGER NOT NULL, PRIMARY KEY(day, part)) WITHOUT ROWID;
CREATE TABLE issues(issue INTEGER PRIMARY KEY, {title}, {counted},
  state INTEGER NOT NULL DEFAULT 0, state_changed_ms INTEGER, resolved_ms INTEGER,
  resolved_release TEXT, ignored_until_ms INTEGER, ignored_until_events INTEGER,
  regressed_ms INTEGER, regressed_release TEXT, inherited INTEGER NOT NULL DEFAULT 0);
CREATE INDEX issues_by_latest ON issues(latest_id);
CREATE TABLE issue_days(issue INTEGER NOT NULL, day INTEGER NOT NULL, part INTEGER NOT NULL,
  {counted}, PRIMARY KEY(issue, day, part)) WITHOUT ROWID;
CREATE INDEX issue_days_by_day ON issue_days(day, part);
CREATE TABLE issue_hours(issue INTEGER NOT NULL, hour INTEGER NOT NULL, part INTEGER NOT NULL,
  events INTEGER NOT NULL, PRIMARY KEY(issue, hour, part)) WITHOUT ROWID;
CREATE TABLE issue_shares(issue INTEGER NOT NULL, of INTEGER NOT NULL, name TEXT NOT NULL,
  day INTEGER NOT NULL, part INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY(issue, of, name, day, part)) WITHOUT ROWID;
CREATE TABLE issue_users(issue INTEGER NOT NULL, day INTEGER NOT NULL, part INTEGER NOT NULL,
  sketch BLOB NOT NULL, PRIMARY KEY(issue, day, part)) WITHOUT ROWID;
CREATE TABLE synced_days(day INTEGER NOT NULL, part INTEGER NOT NULL, changes INTEGER NOT NULL,
  regroups INTEGER NOT NULL, PRIMARY KEY(day, part)) WITHOUT ROWID;
CREATE TABLE kept_events(id INTEGER NOT NULL, issue INTEGER NOT NULL, grouping INTEGER NOT NULL,
  mechanism INTEGER NOT NULL, app, route, release, pid INTEGER NOT NULL, request_id INTEGER,
  ticket TEXT, kind, message TEXT NOT NULL, stack BLOB, user, UNIQUE(id, issue));
CREATE INDEX kept_events_by_issue ON kept_events(issue);
CREATE INDEX kept_events_by_request ON kept_events(request_id) WHERE request_id IS NOT NULL;
CREATE INDEX kept_events_by_ticket ON kept_events(ticket) WHERE ticket IS NOT NULL;
";
