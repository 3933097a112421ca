use super::issues::issue_id;
use super::{Ask, Moment, Params};
use crate::ServerError;
use haechi_store::Found;
use serde::Serialize;
use utoipa::ToSchema;

/// Things that have an id.
#[derive(Debug, Serialize, ToSchema)]
pub struct Search {
    /// Newest first, at most 50.
    pub found: Vec<FoundThing>,
}

/// One thing with that id.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundThing {
    /// `request`, `event` or `issue`.
    pub kind: &'static str,
    /// 16 hexadecimal digits.
    pub id: String,
    /// What it is, in one line.
    pub title: String,
    /// When it was; for an issue its latest occurrence.
    pub time: Option<Moment>,
}

impl Ask {
    /// What has this ticket, request id, trace id, event id or issue id.
    /// Parameter: `q`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for another parameter; what the store says.
    pub fn search(&self, mut params: Params) -> Result<Search, ServerError> {
        let text = params.take("q").unwrap_or_default();
        params.finish()?;
        let text = text.trim();
        let mut found = Vec::new();
        if !text.is_empty() {
            for thing in self.store.find(text)? {
                found.push(self.describe(thing)?);
            }
        }
        Ok(Search { found: found.into_iter().flatten().collect() })
    }

    /// `None` if it was deleted since it was found.
    fn describe(&self, thing: Found) -> Result<Option<FoundThing>, ServerError> {
        let now_ms = Moment::now().unix_ms();
        Ok(match thing {
            Found::Request(id) => self.store.request(id)?.map(|request| FoundThing {
                kind: "request",
                id: id.to_string(),
                title: match request.status {
                    0 => format!("{} {}", request.method, request.path),
                    status => format!("{} {} {status}", request.method, request.path),
                },
                time: Some(Moment::from_ms(id.unix_ms())),
            }),
            Found::Event(id) => self.store.event(id)?.map(|event| FoundThing {
                kind: "event",
                id: id.to_string(),
                title: title(&event.head.kind, &event.head.message),
                time: Some(Moment::from_ms(id.unix_ms())),
            }),
            Found::Issue(issue) => self.store.issue(issue, now_ms)?.map(|found| FoundThing {
                kind: "issue",
                id: issue_id(issue),
                title: title(&found.summary.kind, &found.summary.message),
                time: Some(Moment::from_ms(found.summary.last_seen_ms)),
            }),
        })
    }
}

fn title(kind: &str, message: &str) -> String {
    if message.is_empty() { kind.to_owned() } else { format!("{kind}: {message}") }
}
