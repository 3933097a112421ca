use super::{Site, site_of};
use crate::sample::Folder;
use axum::http::StatusCode;
use haechi_event::Severity;

fn site() -> Site {
    let folder = Folder::new();
    folder.log(Severity::Info, "Index page requested");
    folder.log(Severity::Warn, "timeout while asking the bank");
    folder.log(Severity::Error, "timeout while asking the bank again");
    folder.log(Severity::Error, "no cover");
    site_of(folder, 4)
}

/// What a search finds, newest first; or the place of its mistake.
async fn search(site: &Site, parameters: &str) -> Result<Vec<String>, u64> {
    let (status, answer) = site.get(&format!("/api/logs?{parameters}")).await;
    if status == StatusCode::BAD_REQUEST {
        assert_eq!(answer["error"]["field"], "q", "{answer}");
        let position = answer["error"]["position"].as_u64().unwrap();
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.ends_with(&format!("(at character {})", position + 1)), "{message}");
        return Err(position);
    }
    assert_eq!(status, StatusCode::OK, "{answer}");
    let logs = answer["logs"].as_array().unwrap();
    Ok(logs.iter().map(|log| log["message"].as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn filters_and_words_of_a_search_count_together() {
    let site = site();
    let again = "timeout while asking the bank again".to_owned();
    let first = "timeout while asking the bank".to_owned();
    let first_again = first.clone();
    let both = vec![again.clone(), first.clone()];
    let cover = vec!["no cover".to_owned()];
    for (query, found) in [
        ("timeout", &both),
        ("level:error+time*", &vec![again.clone()]),
        ("level:warn+-again+%22the+bank%22", &vec![first]),
        ("level:error+-timeout+no", &cover),
        ("no+app:your_app+after:-5m+before:now", &cover),
        ("no+logger:web2py.app.your_app", &cover),
        ("no+logger:%22web2py.app.your_app%22", &cover),
        ("no+logger:web2py", &vec![]),
        ("no+route:default/index", &vec![]),
        ("level:fatal", &vec![]),
        ("before:-5m", &vec![]),
        ("-timeout+level:error", &cover),
        ("-level:error+timeout", &vec![first_again.clone()]),
        ("timeout+-app:your_app", &vec![]),
        ("timeout+-logger:x+-user:7", &both),
        ("timeout+user:7", &vec![]),
    ] {
        // one record may have been written in the millisecond that is now
        let answer = search(&site, &format!("q={query}&to=2999-01-01T00:00:00Z")).await;
        assert_eq!(answer.as_ref(), Ok(found), "{query}");
    }
    let answer = search(&site, "level=fatal&q=level:info&to=2999-01-01T00:00:00Z").await;
    assert_eq!(answer, Ok(vec![]));
    let answer = search(&site, "app=your_app&q=no+app:your_app&to=2999-01-01T00:00:00Z").await;
    assert_eq!(answer, Ok(cover));
}

#[tokio::test]
async fn pages_of_a_filtered_search_hold_every_line_once() {
    let site = site();
    for filter in ["q=logger:web2py.app.your_app", "q=level:info"] {
        let mut found = Vec::new();
        let mut before = String::new();
        loop {
            let path =
                format!("/api/logs?{filter}&limit=3&to=2999-01-01T00:00:00Z&before={before}");
            let (_, answer) = site.get(&path).await;
            let logs = answer["logs"].as_array().unwrap();
            found.extend(logs.iter().map(|log| log["id"].as_str().unwrap().to_owned()));
            let Some(next) = answer["next"].as_str() else { break };
            before = next.to_owned();
        }
        assert_eq!(found.len(), 4, "{filter}");
        assert!(found.is_sorted_by(|a, b| a > b), "{filter}");
    }
}

#[tokio::test]
async fn the_place_of_a_mistake_is_told_wherever_it_stands() {
    let site = site();
    for (query, position) in [
        ("level:loud", 6),
        ("%c3%a9t%c3%a9+level:loud", 10),
        ("level:error+%22open", 12),
        ("a+level:error+-%22open", 15),
        ("app:nobody", 4),
        ("x+after:soon", 8),
        ("x+route:", 8),
        ("y+-app:x", 7),
        ("y+-after:now", 2),
        ("after:now+x", 6),
    ] {
        assert_eq!(search(&site, &format!("q={query}")).await, Err(position), "{query}");
    }
    assert_eq!(search(&site, "app=your_app&q=app:other").await, Err(4));
}

#[tokio::test]
async fn patterns_are_counted_and_lead_to_their_lines() {
    let folder = Folder::new();
    for item in 0..5 {
        folder.log(Severity::Info, &format!("item {item} shown"));
    }
    folder.log(Severity::Error, "no cover for 'card 7'");
    let site = site_of(folder, 6);
    let (status, answer) = site.get("/api/patterns").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let patterns = answer["patterns"].as_array().unwrap();
    assert_eq!((patterns.len(), &answer["lines"]), (2, &6.into()));
    let first = &patterns[0];
    assert_eq!((&first["template"], &first["lines"]), (&"item <n> shown".into(), &5.into()));
    assert_eq!(first["is_new"], false, "an app's first lines are no news");
    let id = first["id"].as_str().unwrap();
    for parameters in [format!("pattern={id}"), format!("q=pattern:{id}")] {
        let found = search(&site, &format!("{parameters}&to=2999-01-01T00:00:00Z")).await.unwrap();
        assert_eq!(found.len(), 5, "{parameters}");
    }
    let (_, answer) = site.get("/api/patterns?q=cover+level:warn&sort=new").await;
    let found = answer["patterns"].as_array().unwrap();
    assert_eq!((found.len(), &found[0]["template"]), (1, &"no cover for <s>".into()));
    for (query, position) in [("x+route:y", 8), ("a+-b", 2), ("user:7", 5)] {
        let (status, answer) = site.get(&format!("/api/patterns?q={query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(answer["error"]["position"], position, "{answer}");
    }
}

#[tokio::test]
async fn a_histogram_counts_what_a_search_finds() {
    let site = site();
    for (query, lines) in
        [("", 4), ("&q=timeout", 2), ("&level=error", 2), ("&q=level:error+timeout", 1)]
    {
        let (status, answer) = site.get(&format!("/api/logs/histogram?step=1m{query}")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!((&answer["lines"], &answer["partial"]), (&lines.into(), &false.into()));
        let points = answer["points"].as_array().unwrap();
        assert!(points.len() >= 60, "{answer}");
        let sum: u64 = points.iter().map(|point| point["lines"].as_u64().unwrap()).sum();
        assert_eq!(sum, lines);
    }
    let (status, answer) = site.get("/api/logs/histogram?from=-7d&step=1m").await;
    assert_eq!((status, &answer["error"]["field"]), (StatusCode::BAD_REQUEST, &"step".into()));
}

#[tokio::test]
async fn words_that_were_found_are_told_for_showing_them() {
    let site = site();
    let (_, answer) = site.get("/api/logs?q=level:error+tim*+-no+%22the+bank%22").await;
    assert_eq!(answer["words"], serde_json::json!(["tim*", "the bank"]));
}
