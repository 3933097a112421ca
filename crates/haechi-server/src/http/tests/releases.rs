//! Releases, what changed after them, and where the time went.

use super::site_of;
use crate::sample::Folder;
use axum::http::StatusCode;
use haechi_event::{Part, PartTime, Split};
use serde_json::Value;

#[tokio::test]
async fn releases_are_told_with_the_requests_they_handled() {
    let folder = Folder::new();
    folder.released("default/index", "1.0");
    folder.released("default/index", "1.1");
    let site = site_of(folder, 2);
    let (_, all) = site.get("/api/releases").await;
    let names: Vec<_> = all["releases"].as_array().unwrap().iter().map(|r| &r["release"]).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&&Value::from("1.0")) && names.contains(&&Value::from("1.1")));
    let latest = all["releases"].as_array().unwrap().iter().filter(|r| r["is_latest"] == true);
    assert_eq!(latest.count(), 1);
    let (_, requests) = site.get("/api/requests?release=1.1").await;
    assert_eq!(requests["requests"].as_array().unwrap().len(), 1);
    assert_eq!(requests["requests"][0]["release"], "1.1");
    let (_, none) = site.get("/api/releases?from=-2h&to=-1h").await;
    assert_eq!(none["releases"], Value::Array(Vec::new()));
    let (_, found) = site.get("/api/releases/verdict?app=your_app&release=1.0").await;
    // nothing was there before it
    assert_eq!(found["verdict"]["verdict"], "first");
    assert_eq!(found["verdict"]["release"], "1.0");
    let (status, _) = site.get("/api/releases/verdict?release=2").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_release_that_made_a_route_slower_is_told_with_how_sure_that_is() {
    let folder = Folder::new();
    let mut records = folder.past("1.0", 9..18, |n| 20 + n % 9);
    records += folder.past("1.1", 0..9, |n| 60 + n % 9);
    let site = site_of(folder, records);
    let (_, found) = site.get("/api/releases/verdict").await;
    let verdict = &found["verdict"];
    assert_eq!((&verdict["release"], &verdict["verdict"]), (&"1.1".into(), &"worse".into()));
    let minutes = |from: &str, to: &str| {
        let ms =
            |name: &str| -> jiff::Timestamp { verdict[name].as_str().unwrap().parse().unwrap() };
        (ms(to).as_millisecond() - ms(from).as_millisecond()) / 60_000
    };
    assert_eq!(minutes("before_from", "before_to"), minutes("after_from", "after_to"));
    assert!((7..=9).contains(&minutes("after_from", "after_to")), "{verdict}");
    let route = &verdict["routes"][0];
    assert_eq!((&route["route"], &route["verdict"]), (&"default/slow".into(), &"worse".into()));
    let change = &route["changes"].as_array().unwrap().iter().find(|c| c["change"] == "slower");
    let change = change.unwrap();
    assert!((20.0..30.0).contains(&change["before"].as_f64().unwrap()), "{change}");
    assert!((60.0..70.0).contains(&change["after"].as_f64().unwrap()), "{change}");
    assert!(change["p"].as_f64().unwrap() < 1e-9, "{change}");
    // the last five minutes were as the five before them, the last nine were not
    let (_, same) = site.get("/api/changes?from=-4m").await;
    assert_eq!(same["verdict"], "same", "{same}");
    let (_, worse) = site.get("/api/changes?from=-9m").await;
    assert_eq!(worse["verdict"], "worse", "{worse}");
    let (_, alone) = site.get("/api/changes?from=-9m&against=week").await;
    assert_eq!(
        (&alone["verdict"], &alone["routes"][0]["verdict"]),
        (&"not_enough".into(), &"new".into())
    );
}

#[tokio::test]
async fn the_split_over_time_adds_up_to_the_durations() {
    let folder = Folder::new();
    let mut split = Split::default();
    for (part, self_ns, count) in [(Part::Db, 30_000_000, 3), (Part::Queue, 5_000_000, 1)] {
        *split.get_mut(part) = PartTime { self_ns, count };
    }
    folder.timed(&split, 100_000_000);
    let site = site_of(folder, 1);
    let (_, found) = site.get("/api/split/history?step=1m").await;
    let sum = |list: &Value| -> f64 {
        list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).sum()
    };
    let parts: Vec<_> = found["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| (part["part"].as_str().unwrap(), sum(&part["self_ms"])))
        .collect();
    assert_eq!(parts, [("db", 30.0), ("rest", 70.0), ("queue", 5.0)]);
    assert_eq!((sum(&found["total_ms"]), sum(&found["requests"])), (100.0, 1.0));
    assert_eq!(
        found["time"].as_array().unwrap().len(),
        found["total_ms"].as_array().unwrap().len()
    );
    let (_, none) = site.get("/api/split/history?from=-2h&to=-1h").await;
    assert_eq!(none["parts"], Value::Array(Vec::new()));
}
