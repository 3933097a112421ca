use crate::current;
use crate::spans::label::Label;
use crate::tied::Tied;
use haechi_event::{Part, RequestId, known_method};
use http::header::{Entry, HeaderMap, HeaderName, HeaderValue};
use std::fmt::{self, Write};
use std::panic::Location;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The address names it; nothing that comes later does better.
const ADDRESS: u8 = 9;

/// A call of another server, from its beginning until this is dropped; without an
/// answer it has failed. Made while no request is current, it is nobody's.
#[derive(Debug)]
#[must_use = "the call ends when this is dropped"]
pub struct Call {
    tied: Option<Box<Tied>>,
    trace: Option<([u8; 16], RequestId)>,
    is_answered: bool,
}

impl Call {
    /// A call begins. Of `address`, such as `https://bank.example/v1/rates?day=7`,
    /// host and path are kept.
    ///
    /// ```
    /// let mut call = haechi::client::Call::begin("GET", "https://bank.example/v1/rates");
    /// let mut headers = http::HeaderMap::new();
    /// call.pass_on(&mut headers);
    /// // … the answer comes
    /// call.answered(200);
    /// ```
    #[track_caller]
    pub fn begin(method: &str, address: &str) -> Self {
        let at = Location::caller();
        let mut call = Self::new(method, format_args!("{address}"), (at.file(), at.line()));
        call.go_on();
        call
    }

    /// One that begins when it goes on for the first time.
    pub(super) fn new(
        method: &str,
        address: fmt::Arguments<'_>,
        (file, line): (&'static str, u32),
    ) -> Self {
        let made = current::with(|guard| {
            let mut label = Label::default();
            label.restart("call", file, line);
            label.part = Part::HttpClient;
            label.method = known_method(method);
            label.call(ADDRESS, address);
            let tied = Box::<Tied>::default();
            let is_tied = tied.to_request(guard, 0, Some(&mut label));
            (is_tied.then_some(tied), (guard.trace_id(), guard.id()))
        });
        let (tied, trace) = made.unzip();
        Self { tied: tied.flatten(), trace, is_answered: false }
    }

    /// Puts `traceparent` among the headers of what is sent, unless it is there or
    /// no request is current.
    pub fn pass_on(&self, headers: &mut HeaderMap) {
        let Some((trace_id, request_id)) = &self.trace else { return };
        if let Entry::Vacant(place) = headers.entry(TRACEPARENT)
            && let Ok(value) = traceparent(trace_id, *request_id)
        {
            place.insert(value);
        }
    }

    /// Says which status it was answered with; 500 and above are failures.
    pub fn answered(&mut self, status: u16) {
        self.is_answered = true;
        if let Some(tied) = &self.tied {
            tied.change(|label| {
                label.status = status;
                label.failed = status >= 500;
            });
        }
    }

    pub(super) fn go_on(&mut self) {
        if let Some(tied) = &self.tied {
            tied.step(true);
        }
    }

    pub(super) fn wait(&mut self) {
        if let Some(tied) = &self.tied {
            tied.step(false);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(tied) = &self.tied {
            if !self.is_answered {
                tied.change(|label| label.failed = true);
            }
            tied.end();
        }
    }
}

/// As the other server reads it: the trace, and the request as the caller's span.
fn traceparent(
    trace_id: &[u8; 16],
    request_id: RequestId,
) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let mut text = String::with_capacity(55);
    text.push_str("00-");
    for byte in trace_id {
        let _ = write!(text, "{byte:02x}");
    }
    let _ = write!(text, "-{:016x}-01", request_id.as_u64());
    HeaderValue::from_str(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haechi_event::Traceparent;

    #[test]
    fn what_is_passed_on_is_a_traceparent() {
        let value = traceparent(&[7; 16], RequestId::from_u64(0x1234)).unwrap();
        let read = Traceparent::parse(value.to_str().unwrap()).unwrap();
        assert_eq!(read.trace_id, [7; 16]);
        assert_eq!(read.parent_span_id, 0x1234u64.to_be_bytes());
    }

    #[test]
    fn outside_of_requests_nothing_is_passed_on() {
        let mut call = Call::begin("GET", "http://h/x");
        let mut headers = HeaderMap::new();
        call.pass_on(&mut headers);
        call.answered(200);
        assert!(headers.is_empty() && call.tied.is_none());
    }
}
