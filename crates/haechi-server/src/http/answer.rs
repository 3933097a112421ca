use super::Served;
use super::reply::json;
use crate::ServerError;
use crate::ask::{Ask, Params};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Threads that read: questions at one time and the look at the scoreboards.
pub(super) const THREADS: usize = QUESTIONS + 1;
const QUESTIONS: usize = 3;
/// A question waits this long for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// Turns for questions, so that a flood of them takes bounded memory and
/// leaves the scoreboards' thread free.
#[derive(Debug, Clone)]
pub(super) struct Queries(Arc<Semaphore>);

impl Default for Queries {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(QUESTIONS)))
    }
}

impl Served {
    /// Asks on a thread that may block; the answer as JSON.
    pub(super) async fn answer<A, F>(
        &self,
        query: Option<String>,
        question: F,
    ) -> Result<Response, ServerError>
    where
        A: Serialize + Send + 'static,
        F: FnOnce(&Ask, Params) -> Result<A, ServerError> + Send + 'static,
    {
        let answer = self.ask(query, question).await?;
        Ok(json(StatusCode::OK, &answer))
    }

    /// Asks on a thread that may block.
    pub(super) async fn ask<A, F>(
        &self,
        query: Option<String>,
        question: F,
    ) -> Result<A, ServerError>
    where
        A: Send + 'static,
        F: FnOnce(&Ask, Params) -> Result<A, ServerError> + Send + 'static,
    {
        let params = Params::parse(query.as_deref().unwrap_or_default())?;
        let turn = timeout(TURN_WITHIN, Arc::clone(&self.queries.0).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let message = "too many questions are being answered; ask again in a moment";
            return Err(ServerError::Busy(message.to_owned()));
        };
        let ask = Arc::clone(&self.ask);
        // the turn ends with the work, even if the client has left before
        let work = move || {
            let answer = question(&ask, params);
            drop(turn);
            answer
        };
        spawn_blocking(work).await.map_err(|_| ServerError::BrokenOff)?
    }
}
