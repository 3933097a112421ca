use super::issues::issue_id;
use super::requests::parse_id;
use super::{Ask, LogLine, Moment, Params, RequestRow};
use crate::ServerError;
use haechi_event::{Cause, Frame, decode_stack};
use haechi_store::{ExceptionHead, StoredException};
use serde::Serialize;
use utoipa::ToSchema;

/// One occurrence of an exception without its stack.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventHead {
    /// 16 hexadecimal digits.
    pub id: String,
    /// When it was captured.
    pub time: Moment,
    /// The issue it belongs to.
    pub issue: String,
    /// `service.name`.
    pub app: String,
    /// Route of the request it occurred in; empty outside of one.
    pub route: String,
    /// `service.version`; empty if unknown.
    pub release: String,
    /// How it came to be known: `unhandled`, `logged`, `streamed`, `task`,
    /// `thread`, `program`, `worker_died`, or `ticket_file` if it was not seen but
    /// read from the ticket that web2py wrote.
    pub mechanism: &'static str,
    /// The framework's name for the error page.
    pub ticket: Option<String>,
    /// The request it occurred in.
    pub request_id: Option<String>,
    /// Process it occurred in.
    pub pid: u32,
    /// `exception.type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `exception.message`, with secrets cut out.
    pub message: String,
    /// `user.id`: who was signed in; empty if not known.
    pub user: String,
}

/// One occurrence of an exception.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExceptionEvent {
    /// All but the stack.
    #[serde(flatten)]
    pub head: EventHead,
    /// The exception itself, then what it came from. Empty if no stack is kept.
    pub causes: Vec<EventCause>,
}

/// One exception of a chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventCause {
    /// `raised` for the exception itself; `cause` if the one before was raised
    /// from it, `context` if it was being handled then.
    pub tie: &'static str,
    /// `exception.type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `exception.message`, with secrets cut out.
    pub message: String,
    /// Outermost first.
    pub frames: Vec<EventFrame>,
}

/// One frame of a stack.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventFrame {
    /// The file as the program names it.
    pub file: String,
    /// The function.
    pub function: String,
    /// Line in the file.
    pub line: u32,
    /// Whether it is the app's own code.
    pub in_app: bool,
    /// The source line; empty if unknown.
    pub source: String,
    /// Local variables, with secrets cut out.
    pub locals: Vec<EventLocal>,
    /// Frames left out after this one.
    pub left_out: u32,
}

/// One local variable.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventLocal {
    /// Its name.
    pub name: String,
    /// Its value as text, cut.
    pub value: String,
}

/// One occurrence with its request and log lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventDetail {
    /// The occurrence.
    #[serde(flatten)]
    pub event: ExceptionEvent,
    /// The request it occurred in; null outside of one, or if it is not stored.
    pub request: Option<RequestRow>,
    /// What was logged in that request, oldest first.
    pub logs: Vec<LogLine>,
}

impl Ask {
    /// One occurrence of an exception. No parameters.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a text that is no id, [`ServerError::Missing`]
    /// for an id that is not stored; what the store says.
    pub fn event(&self, id: &str, params: Params) -> Result<EventDetail, ServerError> {
        params.finish()?;
        let id = parse_id("id", id)?;
        let found = self.store.event(id)?.ok_or_else(|| {
            ServerError::Missing(format!("event {id} is not stored; its day may be deleted"))
        })?;
        let (mut request, mut logs) = (None, Vec::new());
        if let Some(request_id) = found.head.request_id {
            request = self.store.request(request_id)?;
            logs = self.logs_of(request_id, request.as_ref())?;
        }
        Ok(EventDetail {
            event: ExceptionEvent::from(&found),
            request: request.map(RequestRow::from),
            logs,
        })
    }
}

impl From<ExceptionHead> for EventHead {
    fn from(found: ExceptionHead) -> Self {
        Self {
            id: found.id.to_string(),
            time: Moment::from_ms(found.id.unix_ms()),
            issue: issue_id(found.issue),
            app: found.app,
            route: found.route,
            release: found.release,
            mechanism: found.mechanism.name(),
            ticket: found.ticket,
            request_id: found.request_id.map(|id| id.to_string()),
            pid: found.pid,
            kind: found.kind,
            message: found.message,
            user: found.user,
        }
    }
}

impl From<&StoredException> for ExceptionEvent {
    fn from(found: &StoredException) -> Self {
        // a stack that is damaged or of a newer version is not shown; its
        // occurrence is
        let causes = decode_stack(&found.stack).unwrap_or_default();
        Self {
            head: EventHead::from(found.head.clone()),
            causes: causes.into_iter().map(EventCause::from).collect(),
        }
    }
}

impl From<Cause<'_>> for EventCause {
    fn from(cause: Cause<'_>) -> Self {
        Self {
            tie: cause.tie.name(),
            kind: cause.kind.to_owned(),
            message: cause.message.to_owned(),
            frames: cause.frames.into_iter().map(EventFrame::from).collect(),
        }
    }
}

impl From<Frame<'_>> for EventFrame {
    fn from(frame: Frame<'_>) -> Self {
        let local = |(name, value): (&str, &str)| EventLocal {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        Self {
            file: frame.file.to_owned(),
            function: frame.function.to_owned(),
            line: frame.line,
            in_app: frame.in_app,
            source: frame.source.to_owned(),
            locals: frame.locals.into_iter().map(local).collect(),
            left_out: frame.left_out,
        }
    }
}
