use super::range::parse_length_ms;
use super::{Moment, parse_moment};
use crate::ServerError;
use haechi_store::IssueChange;
use serde::Deserialize;
use utoipa::ToSchema;

/// Bytes of a release's name.
const RELEASE_MAX: usize = 64;

/// A person's decision about an issue, as it comes over the wire.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// `open`, `resolved` or `ignored`.
    pub state: String,
    /// With `resolved`: the release that no longer has it.
    #[serde(default)]
    pub release: Option<String>,
    /// With `ignored`: until this time, RFC 3339, or so long from now (`7d`; s,
    /// m, h, d or w).
    #[serde(default)]
    pub until: Option<String>,
    /// With `ignored`: until it has occurred so many times more.
    #[serde(default)]
    pub until_events: Option<u64>,
}

impl StateChange {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`ServerError::Input`] for `body` if it is not JSON of this shape.
    pub fn parse(body: &[u8]) -> Result<Self, ServerError> {
        let bad = |why: &dyn std::fmt::Display| {
            ServerError::input("body", format!("the body is no change of an issue's state: {why}"))
        };
        // a list of the members in their order would do otherwise
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(bad(&"it must be a JSON object"));
        }
        serde_json::from_slice(body).map_err(|error| bad(&error))
    }

    /// What the store is to do.
    ///
    /// # Errors
    /// [`ServerError::Input`] naming the member that makes no sense.
    pub(super) fn read(&self, now: Moment) -> Result<IssueChange, ServerError> {
        match self.state.as_str() {
            "open" => {
                self.without_release()?;
                self.without_end()?;
                Ok(IssueChange::Open)
            }
            "resolved" => {
                self.without_end()?;
                Ok(IssueChange::Resolve { release: self.release()? })
            }
            "ignored" => {
                self.without_release()?;
                Ok(IssueChange::Ignore {
                    until_ms: self.until_ms(now)?,
                    until_events: self.until_events()?,
                })
            }
            _ => Err(ServerError::input("state", "state must be open, resolved or ignored")),
        }
    }

    fn release(&self) -> Result<Option<String>, ServerError> {
        let Some(release) = &self.release else { return Ok(None) };
        if release.is_empty() || release.len() > RELEASE_MAX {
            let message = format!("release must have 1 to {RELEASE_MAX} bytes; or leave it out");
            return Err(ServerError::input("release", message));
        }
        Ok(Some(release.clone()))
    }

    fn until_ms(&self, now: Moment) -> Result<Option<u64>, ServerError> {
        let Some(text) = &self.until else { return Ok(None) };
        let bad = || {
            let message = "until must be a time to come such as 2026-11-23T06:00:00Z, 24h or 7d";
            ServerError::input("until", message)
        };
        let length = text.strip_prefix('+').unwrap_or(text);
        let later = parse_length_ms(length).and_then(|ms| now.unix_ms().checked_add(ms));
        let until = later.or_else(|| parse_moment(text, now).map(Moment::unix_ms));
        let until = until.filter(|until| (now.unix_ms() + 1..=Moment::LAST_MS).contains(until));
        until.map(Some).ok_or_else(bad)
    }

    fn until_events(&self) -> Result<Option<u64>, ServerError> {
        const MOST: u64 = 1_000_000_000;
        match self.until_events {
            Some(events) if !(1..=MOST).contains(&events) => {
                let message = format!("until_events must be a whole number from 1 to {MOST}");
                Err(ServerError::input("until_events", message))
            }
            events => Ok(events),
        }
    }

    fn without_release(&self) -> Result<(), ServerError> {
        if self.release.is_none() {
            return Ok(());
        }
        Err(ServerError::input("release", "release goes with state resolved only; leave it out"))
    }

    fn without_end(&self) -> Result<(), ServerError> {
        let field = match (&self.until, self.until_events) {
            (Some(_), _) => "until",
            (None, Some(_)) => "until_events",
            (None, None) => return Ok(()),
        };
        let message = format!("{field} goes with state ignored only; leave it out");
        Err(ServerError::input(field, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_413_600_000;

    fn read(body: &str) -> Result<IssueChange, String> {
        let change = StateChange::parse(body.as_bytes());
        change.and_then(|change| change.read(Moment::from_ms(NOW))).map_err(|error| match error {
            ServerError::Input { field, .. } => field,
            other => panic!("not an input error: {other}"),
        })
    }

    #[test]
    fn every_decision_is_read() {
        assert_eq!(read(r#"{"state":"open","release":null}"#), Ok(IssueChange::Open));
        let release = Some("1.4".to_owned());
        let resolve = IssueChange::Resolve { release };
        assert_eq!(read(r#"{"state":"resolved","release":"1.4"}"#), Ok(resolve));
        let ignore = |until_ms, until_events| Ok(IssueChange::Ignore { until_ms, until_events });
        assert_eq!(read(r#"{"state":"ignored"}"#), ignore(None, None));
        let day = NOW + 86_400_000;
        for until in ["1d", "+1d", "24h", "2026-11-24T06:00:00Z"] {
            let body = format!(r#"{{"state":"ignored","until":"{until}","until_events":7}}"#);
            assert_eq!(read(&body), ignore(Some(day), Some(7)), "{until}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (body, field) in [
            ("", "body"),
            ("[]", "body"),
            (r#"["ignored"]"#, "body"),
            ("{}", "body"),
            (r#"{"state":1}"#, "body"),
            (r#"{"state":"open","surprise":1}"#, "body"),
            (r#"{"state":"open","state":"ignored"}"#, "body"),
            (r#"{"state":"closed"}"#, "state"),
            (r#"{"state":"open","release":"1"}"#, "release"),
            (r#"{"state":"resolved","release":""}"#, "release"),
            (r#"{"state":"resolved","until":"1d"}"#, "until"),
            (r#"{"state":"open","until_events":1}"#, "until_events"),
            (r#"{"state":"ignored","until_events":0}"#, "until_events"),
            (r#"{"state":"ignored","until_events":-1}"#, "body"),
            (r#"{"state":"ignored","until":"-1d"}"#, "until"),
            (r#"{"state":"ignored","until":"0s"}"#, "until"),
            (r#"{"state":"ignored","until":"now"}"#, "until"),
            (r#"{"state":"ignored","until":"2026-11-22T06:00:00Z"}"#, "until"),
            (r#"{"state":"ignored","until":"99999999999999999999w"}"#, "until"),
            (r#"{"state":"ignored","until":"9999999999w"}"#, "until"),
        ] {
            assert_eq!(read(body), Err(field.to_owned()), "{body}");
        }
        let long = format!(r#"{{"state":"resolved","release":"{}"}}"#, "x".repeat(65));
        assert_eq!(read(&long), Err("release".to_owned()));
    }
}
