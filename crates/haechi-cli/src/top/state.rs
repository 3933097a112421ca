//! What the view shows and what the person has chosen.

use super::event::Event;
use super::history::History;
use super::listing::{Cursor, Listing};
use super::panes::{self, QuerySort, RouteSort};
use super::shapes::Running;
use super::wanted::{Answer, RouteKey, Wanted};
use std::time::{Duration, Instant};

/// Answers that are kept to go back to.
const KEPT: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Routes,
    Inflight,
    Logs,
    Issues,
    Workers,
    Queries,
    Split,
}

impl Pane {
    pub(super) const ALL: [Self; 7] = [
        Self::Routes,
        Self::Inflight,
        Self::Logs,
        Self::Issues,
        Self::Workers,
        Self::Queries,
        Self::Split,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Routes => "routes",
            Self::Inflight => "in flight",
            Self::Logs => "logs",
            Self::Issues => "issues",
            Self::Workers => "workers",
            Self::Queries => "queries",
            Self::Split => "time",
        }
    }
}

/// How far back routes, queries and parts are counted: what the API is asked, and for people.
pub(super) const RANGES: [(&str, &str); 4] =
    [("-15m", "15 min"), ("-1h", "1 h"), ("-24h", "24 h"), ("-7d", "7 days")];

pub(super) const LEVELS: [Option<&str>; 4] = [None, Some("info"), Some("warn"), Some("error")];

/// What is looked at more closely, over a pane.
#[derive(Debug, Clone)]
pub(super) enum Close {
    Route(RouteKey),
    Request(String),
    Running(Running),
    Issue(String),
}

#[derive(Debug)]
pub(super) struct Opened {
    pub(super) close: Close,
    pub(super) cursor: Cursor,
    /// Lines above the screen.
    pub(super) scroll: usize,
}

struct Known {
    wanted: Wanted,
    answer: Answer,
    at: Instant,
}

pub(super) struct State {
    pub(super) app: Option<String>,
    /// Who answers.
    pub(super) from: String,
    pub(super) history: History,
    /// Requests in flight that have lasted for long.
    pub(super) long: usize,
    pub(super) pane: usize,
    pub(super) cursors: [Cursor; Pane::ALL.len()],
    pub(super) filters: [String; Pane::ALL.len()],
    /// A filter while it is typed, with what it was before.
    pub(super) typing: Option<String>,
    pub(super) range: usize,
    pub(super) sort: RouteSort,
    pub(super) query_sort: QuerySort,
    pub(super) is_reversed: bool,
    pub(super) is_failed_first: bool,
    pub(super) level: usize,
    pub(super) paused: Option<Instant>,
    pub(super) has_help: bool,
    pub(super) opened: Vec<Opened>,
    /// The last issue that the live stream told of.
    pub(super) news: Option<String>,
    /// Why there is no answer.
    pub(super) trouble: Option<String>,
    pub(super) is_over: bool,
    /// Rows the main part has, set when it is drawn.
    pub(super) height: usize,
    known: Vec<Known>,
}

impl State {
    pub(super) fn new(app: Option<String>) -> Self {
        Self {
            app,
            from: String::new(),
            history: History::default(),
            long: 0,
            pane: 0,
            cursors: Default::default(),
            filters: Default::default(),
            typing: None,
            range: 0,
            sort: RouteSort::Time,
            query_sort: QuerySort::Time,
            is_reversed: false,
            is_failed_first: false,
            level: 0,
            paused: None,
            has_help: false,
            opened: Vec::new(),
            news: None,
            trouble: None,
            is_over: false,
            height: 10,
            known: Vec::new(),
        }
    }

    pub(super) fn current(&self) -> Pane {
        Pane::ALL.get(self.pane).copied().unwrap_or(Pane::Routes)
    }

    pub(super) fn filter(&self) -> &str {
        self.filters.get(self.pane).map_or("", String::as_str)
    }

    /// What to ask for.
    pub(super) fn wanted(&self) -> Wanted {
        let app = self.app.clone();
        let (from, _) = RANGES[self.range % RANGES.len()];
        match self.opened.last().map(|opened| &opened.close) {
            Some(Close::Route(key)) => Wanted::Route { key: key.clone(), from },
            Some(Close::Request(id)) => Wanted::Request { id: id.clone() },
            Some(Close::Running(request)) => Wanted::Running { request: Box::new(request.clone()) },
            Some(Close::Issue(id)) => Wanted::Issue { id: id.clone() },
            None => match self.current() {
                Pane::Routes => Wanted::Routes { app, from, sort: self.sort.name() },
                Pane::Inflight => Wanted::Inflight { app },
                Pane::Logs => Wanted::Logs {
                    app,
                    level: LEVELS[self.level % LEVELS.len()],
                    words: self.filter().to_owned(),
                },
                Pane::Issues => Wanted::Issues { app },
                Pane::Workers => Wanted::Workers { app },
                Pane::Queries => Wanted::Queries { app, from, sort: self.query_sort.name() },
                Pane::Split => Wanted::Split { app, from },
            },
        }
    }

    /// Takes what was told. While paused only what was not there before.
    pub(super) fn take(&mut self, event: Event) {
        match event {
            Event::Tick(tick) if self.paused.is_none() => self.history.push(tick),
            Event::Before(past) => self.history.precede(&past),
            Event::Long(count) => self.long = count,
            Event::From(from) => self.from = from,
            Event::Issue(news) => {
                let what = if news.regressed { "is back" } else { "is new" };
                self.news = Some(format!("{}: {} {what}: {}", news.app, news.kind, news.message));
            }
            Event::Answer(wanted, answer) => self.take_answer(wanted, answer),
            Event::End | Event::Lost => self.is_over = true,
            _ => {}
        }
    }

    fn take_answer(&mut self, wanted: Wanted, answer: Result<Answer, String>) {
        if wanted != self.wanted() {
            return;
        }
        match answer {
            Ok(answer) => {
                self.trouble = None;
                let place = self.known.iter().position(|known| known.wanted == wanted);
                if place.is_some() && self.paused.is_some() {
                    return;
                }
                if let Some(place) = place {
                    self.known.remove(place);
                }
                self.known.truncate(KEPT - 1);
                self.known.insert(0, Known { wanted, answer, at: Instant::now() });
            }
            Err(why) => self.trouble = Some(why),
        }
    }

    /// The answer to show, and how old it is; while paused as old as it was then.
    pub(super) fn answer(&self) -> Option<(&Answer, Duration)> {
        let wanted = self.wanted();
        let known = self.known.iter().find(|known| known.wanted == wanted)?;
        let now = self.paused.unwrap_or_else(Instant::now);
        Some((&known.answer, now.saturating_duration_since(known.at)))
    }

    /// The list to show; `None` if there is none yet or a page is shown.
    pub(super) fn listing(&self) -> Option<Listing> {
        let (answer, since) = self.answer()?;
        let filter = self.filter();
        let (_, range) = RANGES[self.range % RANGES.len()];
        Some(match answer {
            Answer::Routes(found) => {
                panes::routes(found, filter, self.sort, self.is_reversed, range)
            }
            Answer::Inflight(found) => panes::inflight(found, filter, since),
            Answer::Logs(found) => panes::logs(found, LEVELS[self.level % LEVELS.len()], filter),
            Answer::Issues(found) => panes::issues(found, filter),
            Answer::Workers(found) => panes::workers(found, filter),
            Answer::Queries(found) => {
                panes::queries(found, filter, self.query_sort, self.is_reversed, range)
            }
            Answer::Split(found) => panes::split(found, filter, range),
            Answer::Route { slowest, failed } => {
                let Some(Close::Route(key)) = self.opened.last().map(|opened| &opened.close) else {
                    return None;
                };
                panes::route(key, slowest, failed, self.is_failed_first, range)
            }
            Answer::Page(_) => return None,
        })
    }

    /// The cursor of what is shown.
    pub(super) fn cursor(&mut self) -> &mut Cursor {
        match self.opened.last_mut() {
            Some(opened) => &mut opened.cursor,
            None => &mut self.cursors[self.pane % Pane::ALL.len()],
        }
    }

    /// What stands behind the selected row.
    pub(super) fn behind(&mut self) -> Option<Close> {
        let listing = self.listing()?;
        let place = self.cursor().clone().place(&listing)?;
        let key = &listing.rows.get(place)?.key;
        match self.answer()?.0 {
            Answer::Routes(found) => {
                let route = found.iter().find(|route| panes::row_key(route) == *key)?;
                Some(Close::Route(panes::key(route)))
            }
            Answer::Inflight(found) => {
                found.iter().find(|one| one.id == *key).cloned().map(Close::Running)
            }
            Answer::Logs(found) => {
                let line = found.iter().find(|line| line.log.id == *key)?;
                line.request_id.clone().map(Close::Request)
            }
            Answer::Issues(_) => Some(Close::Issue(key.clone())),
            Answer::Queries(found) => {
                let query = found.queries.iter().find(|query| query.id == *key)?;
                query.request().map(|request| Close::Request(request.id.clone()))
            }
            Answer::Split(found) => {
                let route = found.routes.iter().find(|route| route.row_key() == *key)?;
                Some(Close::Route(route.key()))
            }
            Answer::Route { .. } => Some(Close::Request(panes::request_of(key).to_owned())),
            Answer::Workers(_) | Answer::Page(_) => None,
        }
    }

    pub(super) fn open(&mut self, close: Close) {
        self.trouble = None;
        self.opened.push(Opened { close, cursor: Cursor::default(), scroll: 0 });
    }
}
