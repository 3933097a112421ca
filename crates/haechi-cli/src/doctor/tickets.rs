use super::report::Check;
use super::server::Running;
use crate::http;
use crate::question::value;
use haechi_event::inert;
use haechi_server::ask::Params;
use haechi_server::{Settings, Visit};
use serde_json::Value;

const NAME: &str = "tickets";
/// The kind of notes on files that were refused.
const REFUSED: &str = "refused";

/// Whether files in web2py's errors folders were refused. `None` if nobody can
/// tell; the other looks say why.
pub(super) fn check(settings: &Settings, running: Option<&Running>) -> Option<Check> {
    let status = match running {
        Some(running) => http::get(running.address?, "/api/status").ok()?,
        None if !settings.data_dir.join("haechi.db").is_file() => return None,
        None => value(&Visit::open(settings.clone()).ok()?.ask().status(Params::default()).ok()?),
    };
    Some(of_status(&status))
}

fn of_status(status: &Value) -> Check {
    let notes = status["notes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let refused: Vec<&Value> = notes.iter().filter(|note| note["kind"] == REFUSED).collect();
    let Some(latest) = refused.first() else {
        return Check::ok(NAME, "every file that was looked at is one");
    };
    let files: u64 = refused.iter().filter_map(|note| note["count"].as_u64()).sum();
    let text = |field: &str| inert(latest[field].as_str().unwrap_or_default());
    let found = format!(
        "{files} files are none and were left alone, as {}: {}",
        text("name"),
        text("text")
    );
    Check::warn(NAME, found, "nothing for haechi; the notes of its status page name the files")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;
    use serde_json::json;

    #[test]
    fn refused_files_are_counted_and_the_latest_is_named() {
        let none = json!({"notes": [{"kind": "tickets", "name": "x", "text": "y", "count": 3}]});
        assert_eq!(of_status(&none).state(), State::Ok);
        let note = |name: &str, count: u64| json!({"kind": "refused", "name": name, "text": "it would load os.system", "count": count});
        let some = of_status(&json!({"notes": [note("shop/\u{1b}[2J", 1), note("shop/b", 54)]}));
        assert_eq!(some.state(), State::Warn);
        let shown = serde_json::to_string(&some).unwrap();
        assert!(shown.contains("55 files") && shown.contains("os.system"), "{shown}");
        assert!(shown.contains(r"shop/\\x1b[2J"), "{shown}");
    }
}
