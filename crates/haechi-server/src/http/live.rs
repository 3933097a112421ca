use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{IssueNews, PatternNews};
use crate::live::{Listener, Tick};
use axum::extract::{RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use haechi_store::LogMatcher;
use serde::Serialize;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};

/// Events a client may be behind before it misses some.
const BEHIND: usize = 64;
/// A comment is sent when nothing else was, so that a gone client is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What is happening now: `tick` events once a second, `log` events as lines
/// are stored, those that pass the search, `issue` events when an issue is new
/// or back after it was resolved, `pattern` events when a log line is the first
/// of its pattern. A client that does not keep up misses events.
#[utoipa::path(
    get,
    path = "/api/live",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("level" = Option<String>, Query, description = "Only log lines at least this grave"),
        ("q" = Option<String>, Query, description = "Only log lines that this search finds, as in /api/logs; times do not count"),
        ("pattern" = Option<String>, Query, description = "Only log lines of this pattern"),
    ),
    responses(
        (
            status = 200,
            description = "`event: tick` carries a Tick, `event: log` a LogLine, `event: issue` an IssueNews, `event: pattern` a PatternNews",
            content_type = "text/event-stream",
            body = String,
        ),
        (status = "4XX", body = Failure),
        (status = 503, description = "Too many listen already", body = Failure),
    )
)]
pub(super) async fn live(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    let (app, matcher) = served
        .ask(query, |ask, mut params| {
            let filter = ask.take_filter(&mut params)?;
            params.finish()?;
            let matcher = LogMatcher::new(&filter)?;
            Ok((filter.app, matcher))
        })
        .await?;
    let listener = served.live.listen(matcher)?;
    let (events, received) = mpsc::channel(BEHIND);
    tokio::spawn(forward(listener, app, events, served.stop.clone()));
    let stream = Sse::new(Events(received)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(stream.into_response())
}

/// Hands events on until the client leaves or the server stops. Nobody but
/// this client's own lines waits for it.
async fn forward(
    mut listener: Listener,
    app: Option<String>,
    events: mpsc::Sender<Event>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let told = tokio::select! {
            told = next(&mut listener, app.as_deref()) => told,
            () = events.closed() => return,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match told {
            Told::End => return,
            Told::Nothing => {}
            // full: the client is slow and misses this one
            Told::News(event) => drop(events.try_send(event)),
            // lines wait for a slow client where there is room for more of them
            Told::Line(event) => tokio::select! {
                sent = events.send(event) => if sent.is_err() { return },
                _ = stop.wait_for(|stop| *stop) => return,
            },
        }
    }
}

/// What the live stream has next for a client.
enum Told {
    News(Event),
    Line(Event),
    /// Something that is not for this client, or that it missed.
    Nothing,
    End,
}

async fn next(listener: &mut Listener, app: Option<&str>) -> Told {
    let is_wanted = |name: &str| app.is_none_or(|app| app == name);
    tokio::select! {
        tick = listener.ticks.recv() => match app {
            Some(app) => news("tick", tick.map(|tick| tick.of_app(app)), |_| true),
            None => news("tick", tick.map(|tick| Tick::clone(&tick)), |_| true),
        },
        issue = listener.issues.recv() => {
            news("issue", issue.map(|issue| IssueNews::clone(&issue)), |one| is_wanted(&one.app))
        }
        pattern = listener.patterns.recv() => {
            let pattern = pattern.map(|pattern| PatternNews::clone(&pattern));
            news("pattern", pattern, |one| is_wanted(&one.app))
        }
        Some(line) = listener.logs.recv() => {
            let event = Event::default().event("log").json_data(&*line);
            event.map_or(Told::Nothing, Told::Line)
        }
    }
}

fn news<T: Serialize>(
    name: &str,
    received: Result<T, RecvError>,
    is_wanted: impl FnOnce(&T) -> bool,
) -> Told {
    match received {
        Ok(news) if is_wanted(&news) => {
            Event::default().event(name).json_data(&news).map_or(Told::Nothing, Told::News)
        }
        Ok(_) | Err(RecvError::Lagged(_)) => Told::Nothing,
        Err(RecvError::Closed) => Told::End,
    }
}

/// The events of one client as a stream.
struct Events(mpsc::Receiver<Event>);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
