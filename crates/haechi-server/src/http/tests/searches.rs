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
        ("-app:x+y", 0),
        ("after:now+x", 6),
    ] {
        assert_eq!(search(&site, &format!("q={query}")).await, Err(position), "{query}");
    }
    assert_eq!(search(&site, "app=your_app&q=app:other").await, Err(4));
}
