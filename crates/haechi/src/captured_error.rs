//! Errors that a program has caught, recorded with the chain of their sources.

use crate::captured::Captured;
use crate::current::{self, Place};
use haechi_event::{Frame, Mechanism, RequestId, StackWriter, Tie, redact};
use std::error::Error;
use std::fmt::{self, Write};
use std::panic::Location;

/// Sources of one error that are kept.
const SOURCES_MAX: usize = 8;
/// Bytes of one error's text that are asked for.
const TEXT_MAX: usize = 2048;
/// Bytes that are taken, to know whether the text ends there.
const TEXT_LOOK: usize = TEXT_MAX + 4;

/// Records an error of the current request with the chain of its sources and the
/// place it was recorded at. Gives the id of the event, by which it is found;
/// `None` if no request is current or its app is paused.
///
/// ```
/// fn price(text: &str) -> Option<u32> {
///     text.parse().inspect_err(|error| {
///         haechi::capture(error);
///     }).ok()
/// }
/// # assert_eq!(price("x"), None);
/// ```
#[track_caller]
pub fn capture<E: Error + ?Sized>(error: &E) -> Option<RequestId> {
    let place = current::place()?;
    let kind = kind_of(error, std::any::type_name::<E>());
    record(&place, &kind, first_and_sources(error), Mechanism::Logged, Location::caller())
}

/// The text of the error itself, then kind and text of each source.
type Chain = (String, Vec<(String, String)>);

pub(crate) fn record(
    place: &Place,
    kind: &str,
    (message, sources): Chain,
    mechanism: Mechanism,
    at: &Location<'_>,
) -> Option<RequestId> {
    let mut bytes = Vec::with_capacity(512);
    let mut stack = StackWriter::new(&mut bytes);
    stack.cause(Tie::Raised, kind, &redact::text(&message));
    let (file, line) = (at.file(), at.line());
    stack.frame(&Frame { file, line, in_app: true, ..Frame::default() });
    for (kind, message) in &sources {
        stack.cause(Tie::Cause, kind, &redact::text(message));
    }
    place.recorder.exception(&Captured {
        request_id: place.request_id,
        mechanism,
        app: &place.app,
        route: &place.route,
        user: &place.user,
        ticket: "",
        kind,
        message: &message,
        stack: &bytes,
    })
}

pub(crate) fn first_and_sources<E: Error + ?Sized>(error: &E) -> Chain {
    let mut sources = Vec::new();
    let mut next = error.source();
    while let Some(source) = next.filter(|_| sources.len() < SOURCES_MAX) {
        sources.push((kind_of(source, ""), bounded(format_args!("{source}"))));
        next = source.source();
    }
    (bounded(format_args!("{error}")), sources)
}

/// The name of an error's type. Behind `dyn Error` only its `Debug` form knows
/// it, which begins with it where it is derived.
pub(crate) fn kind_of<E: Error + ?Sized>(error: &E, name: &str) -> String {
    if !name.is_empty() && !name.starts_with("dyn ") && !name.contains('<') {
        return name.to_owned();
    }
    let shown = bounded(format_args!("{error:?}"));
    let end = shown.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(shown.len());
    let named = &shown[..end];
    if named.starts_with(char::is_uppercase) { named.to_owned() } else { "Error".to_owned() }
}

/// What is written, up to a bound between two words: behind it the writer is told
/// to stop.
pub(crate) fn bounded(text: fmt::Arguments<'_>) -> String {
    struct Bounded(String);
    impl Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let mut end = text.len().min(TEXT_LOOK - self.0.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            self.0.push_str(&text[..end]);
            if end < text.len() { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut out = Bounded(String::new());
    let _ = out.write_fmt(text);
    let end = redact::head(&out.0, TEXT_MAX).len();
    out.0.truncate(end);
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_named_by_its_type_or_by_what_its_debug_form_begins_with() {
        let error = "x".parse::<u32>().unwrap_err();
        assert_eq!(
            kind_of(&error, std::any::type_name_of_val(&error)),
            "core::num::error::ParseIntError"
        );
        let boxed: Box<dyn Error> = Box::new(error);
        assert_eq!(kind_of(&*boxed, "dyn core::error::Error"), "ParseIntError");
        let text: Box<dyn Error> = "no such thing".into();
        assert_eq!(kind_of(&*text, "dyn core::error::Error"), "Error");
    }

    #[test]
    fn an_endless_text_is_stopped() {
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("해치")?;
                }
            }
        }
        assert_eq!(bounded(format_args!("{Endless}")).len(), TEXT_MAX - TEXT_MAX % 6 % 3);
    }
}
