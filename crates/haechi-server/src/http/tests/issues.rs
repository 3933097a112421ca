use super::{Site, site_of};
use crate::sample::{APP, Failed, Failure, Folder, until};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A site with two failures of one kind and one of another.
fn site() -> (Site, [Failed; 3]) {
    let folder = Folder::new();
    let one = Failure { ticket: "127.0.0.1.ticket-1", ..Failure::default() };
    let again = Failure { ticket: "127.0.0.1.ticket-2", release: "1.1", ..Failure::default() };
    let other =
        Failure { kind: "ValueError", message: "no <b>cover</b>", function: "cover", ..one };
    let failed = [folder.failing(&one), folder.failing(&again), folder.failing(&other)];
    (site_of(folder, 9), failed)
}

#[tokio::test]
async fn exceptions_of_one_cause_are_one_issue() {
    let (site, _) = site();
    let (status, found) = site.get("/api/issues?app=your_app&sort=events").await;
    assert_eq!(status, StatusCode::OK);
    let issues = found["issues"].as_array().unwrap();
    assert_eq!(issues.len(), 2);
    let issue = &issues[0];
    assert_eq!((&issue["type"], &issue["app"]), (&"ZeroDivisionError".into(), &APP.into()));
    assert_eq!((&issue["events"], &issue["events_total"]), (&2.into(), &2.into()));
    assert_eq!((&issue["state"], &issue["regressed"]), (&"open".into(), &false.into()));
    assert_eq!(issue["routes"], json!([{ "route": "default/pay", "events": 2 }]));
    let hours: Vec<_> = issue["hours"].as_array().unwrap().iter().map(Value::as_u64).collect();
    assert_eq!((hours.len(), hours.iter().flatten().sum::<u64>()), (24, 2));
    assert!(issue["culprit"].as_str().unwrap().contains("pay"));

    let (_, found) = site.get("/api/issues?q=COVER").await;
    assert_eq!(found["issues"].as_array().unwrap().len(), 1);
    assert_eq!(found["issues"][0]["message"], "no <b>cover</b>");
    let (_, found) = site.get("/api/issues?limit=1").await;
    assert_eq!(found["issues"].as_array().unwrap().len(), 1);
    let (_, found) = site.get("/api/issues?to=-2h").await;
    assert_eq!(found["issues"], json!([]));
}

#[tokio::test]
async fn an_issue_shows_its_latest_stack_and_why_it_is_one() {
    let (site, failed) = site();
    let (_, found) = site.get("/api/issues?q=ZeroDivision").await;
    let id = found["issues"][0]["id"].as_str().unwrap();
    let (status, issue) = site.get(&format!("/api/issues/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(issue["reason"].as_str().unwrap().starts_with("same because"));
    assert_eq!(issue["grouping_version"], haechi_event::Grouping::VERSION);
    assert_eq!(issue["hours_7d"].as_array().unwrap().len(), 168);
    let releases = issue["releases"].as_array().unwrap();
    assert_eq!(releases.len(), 2);
    assert_eq!(issue["first"]["id"], failed[0].event.to_string());
    assert_eq!(issue["representative_id"], failed[0].event.to_string());
    assert_eq!(issue["first"]["causes"], Value::Null);
    let listed = issue["events_list"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let latest = &issue["latest"];
    assert_eq!(latest["id"], failed[1].event.to_string());
    assert_eq!((&latest["mechanism"], &latest["issue"]), (&"unhandled".into(), &id.into()));
    let causes = latest["causes"].as_array().unwrap();
    assert_eq!((&causes[0]["tie"], &causes[1]["tie"]), (&"raised".into(), &"context".into()));
    assert_eq!(causes[1]["type"], "KeyError");
    let frame = &causes[0]["frames"][1];
    assert_eq!((&frame["function"], &frame["in_app"]), (&"pay".into(), &true.into()));
    assert_eq!((&frame["line"], &frame["left_out"]), (&7.into(), &0.into()));
    assert_eq!(frame["locals"], json!([{ "name": "zero", "value": "0" }]));
    assert_eq!(site.get("/api/issues/0000000000000001").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_exception_leads_to_its_request_and_log_lines_and_back() {
    let (site, [_, failed, _]) = site();
    let (status, event) = site.get(&format!("/api/events/{}", failed.event)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(event["ticket"], "127.0.0.1.ticket-2");
    assert_eq!(event["request_id"], failed.request.to_string());
    assert_eq!(event["request"]["id"], failed.request.to_string());
    assert_eq!(event["request"]["path"], "/your_app/default/pay");
    assert_eq!(event["logs"][0]["message"], "could not pay");
    assert_eq!(event["causes"].as_array().unwrap().len(), 2);
    let (_, request) = site.get(&format!("/api/requests/{}", failed.request)).await;
    let exceptions = request["exceptions"].as_array().unwrap();
    assert_eq!(exceptions.len(), 1);
    assert_eq!(exceptions[0]["id"], failed.event.to_string());
    assert_eq!(exceptions[0]["causes"], Value::Null);
    assert_eq!(site.get("/api/events/0000000000000001").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn each_of_its_ids_finds_a_failure() {
    let (site, [_, failed, _]) = site();
    let (_, request) = site.get(&format!("/api/requests/{}", failed.request)).await;
    let trace = request["trace_id"].as_str().unwrap();
    let event = failed.event.to_string();
    let (_, detail) = site.get(&format!("/api/events/{event}")).await;
    let issue = detail["issue"].as_str().unwrap();
    for (text, kind, id) in [
        ("127.0.0.1.ticket-2", "event", event.as_str()),
        ("+127.0.0.1.ticket-2%20", "request", &failed.request.to_string()),
        (&failed.request.to_string(), "request", &failed.request.to_string()),
        (trace, "request", &failed.request.to_string()),
        (&event, "event", &event),
        (issue, "issue", issue),
    ] {
        let (status, answer) = site.get(&format!("/api/search?q={text}")).await;
        assert_eq!(status, StatusCode::OK);
        let found = answer["found"].as_array().unwrap();
        let thing = found.iter().find(|thing| thing["kind"] == kind && thing["id"] == id);
        let thing = thing.unwrap_or_else(|| panic!("{text} found {answer}"));
        let title = thing["title"].as_str().unwrap();
        let want = if kind == "request" { "POST /your_app" } else { "ZeroDivisionError: division" };
        assert!(title.starts_with(want), "{title}");
        assert!(thing["time"].is_string());
    }
    for text in ["", "%20", "nothing", "127.0.0.1.ticket", "0000000000000001"] {
        let (status, answer) = site.get(&format!("/api/search?q={text}")).await;
        assert_eq!((status, &answer["found"]), (StatusCode::OK, &json!([])), "{text}");
    }
}

#[tokio::test]
async fn an_issue_that_occurs_after_it_was_resolved_is_open_again() {
    let (site, _) = site();
    let (_, found) = site.get("/api/issues?q=ZeroDivision").await;
    let path = format!("/api/issues/{}", found["issues"][0]["id"].as_str().unwrap());
    site.post(&format!("{path}/state"), r#"{"state":"resolved"}"#).await;
    site.folder.failing(&Failure { release: "1.2", ..Failure::default() });
    until("it is stored", || site.server.ask().health.stored() == 12);
    let (_, issue) = site.get(&path).await;
    assert_eq!((&issue["state"], &issue["regressed"]), (&"open".into(), &true.into()));
    assert_eq!(issue["regressed_in_release"], "1.2");
    assert!(issue["regressed_at"].is_string());
    assert_eq!(issue["events_total"], 3);
}

#[tokio::test]
async fn grouping_again_keeps_counts_and_states() {
    let (site, _) = site();
    let (_, before) = site.get("/api/issues").await;
    let id = before["issues"][0]["id"].as_str().unwrap();
    site.post(&format!("/api/issues/{id}/state"), r#"{"state":"ignored"}"#).await;
    let (_, before) = site.get("/api/issues?state=all").await;
    let (status, done) = site.post("/api/issues/regroup", " {} ").await;
    assert_eq!((status, &done["moved"]), (StatusCode::OK, &0.into()));
    assert_eq!(site.get("/api/issues?state=all").await.1, before);
}
