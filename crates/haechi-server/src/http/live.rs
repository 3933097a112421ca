use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::live::Listener;
use axum::extract::{RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
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
/// are stored, `issue` events when an issue is new or back after it was
/// resolved. A client that does not keep up misses events.
#[utoipa::path(
    get,
    path = "/api/live",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
    ),
    responses(
        (
            status = 200,
            description = "`event: tick` carries a Tick, `event: log` a LogLine, `event: issue` an IssueNews",
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
    let app = served
        .ask(query, |ask, mut params| {
            let app = ask.take_app(&mut params)?;
            params.finish()?;
            Ok(app)
        })
        .await?;
    let listener = served.live.listen()?;
    let (events, received) = mpsc::channel(BEHIND);
    tokio::spawn(forward(listener, app, events, served.stop.clone()));
    let stream = Sse::new(Events(received)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(stream.into_response())
}

/// Hands events on until the client leaves or the server stops. Never waits
/// for the client.
async fn forward(
    mut listener: Listener,
    app: Option<String>,
    events: mpsc::Sender<Event>,
    mut stop: watch::Receiver<bool>,
) {
    let wanted = |name: &str| app.as_deref().is_none_or(|app| app == name);
    loop {
        let event = tokio::select! {
            tick = listener.ticks.recv() => match (tick, &app) {
                (Ok(tick), Some(app)) => Event::default().event("tick").json_data(tick.of_app(app)),
                (Ok(tick), None) => Event::default().event("tick").json_data(&*tick),
                (Err(RecvError::Lagged(_)), _) => continue,
                (Err(RecvError::Closed), _) => return,
            },
            line = listener.logs.recv() => match line {
                Ok(line) if wanted(&line.app) => Event::default().event("log").json_data(&*line),
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            news = listener.issues.recv() => match news {
                Ok(news) if wanted(&news.app) => Event::default().event("issue").json_data(&*news),
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            () = events.closed() => return,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        if let Ok(event) = event {
            // full: the client is slow and misses this one
            let _ = events.try_send(event);
        }
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
