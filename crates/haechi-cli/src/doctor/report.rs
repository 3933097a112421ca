use serde::Serialize;

/// How well a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// Works, but not as it should.
    Warn,
    /// Does not work.
    Fail,
}

/// What one look found.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    name: &'static str,
    state: State,
    found: String,
    /// The way out; none if all is well.
    #[serde(rename = "do")]
    way_out: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), way_out: None }
    }

    pub(super) fn warn(
        name: &'static str,
        found: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self { name, state: State::Warn, found: found.into(), way_out: Some(way_out.into()) }
    }

    pub(super) fn fail(
        name: &'static str,
        found: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self { name, state: State::Fail, found: found.into(), way_out: Some(way_out.into()) }
    }

    #[cfg(test)]
    pub(super) fn state(&self) -> State {
        self.state
    }
}

/// All looks.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    checks: Vec<Check>,
}

impl Report {
    pub(super) fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    pub(super) fn fails(&self) -> bool {
        self.checks.iter().any(|check| check.state == State::Fail)
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        let line = |check: &Check| {
            let state = match check.state {
                State::Ok => "ok  ",
                State::Warn => "warn",
                State::Fail => "FAIL",
            };
            let found = printable(&check.found);
            let way_out = check.way_out.as_deref().map(printable);
            let way_out =
                way_out.map(|way| format!("\n                do: {way}")).unwrap_or_default();
            format!("{state}  {:<10}{found}{way_out}\n", check.name)
        };
        self.checks.iter().map(line).collect()
    }
}

/// What was found may come from files that strangers wrote.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_fails_if_any_check_does_and_says_what_to_do() {
        let mut report = Report::default();
        report.add(Check::ok("store", "opens"));
        report.add(Check::warn("spool", "half full", "look at it"));
        assert!(!report.fails());
        report.add(Check::fail("server", "dead\u{1b}[31m", "start it"));
        assert!(report.fails());
        let text = report.text();
        assert!(
            text.contains("FAIL  server    dead [31m\n                do: start it\n"),
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["checks"][1]["state"], "warn");
        assert_eq!(json["checks"][2]["do"], "start it");
    }
}
