use crate::Server;
use crate::ask::{Params, StateChange};
use crate::sample::{APP, Failure, Folder, until};
use haechi_event::Severity;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Reads events off a real connection until one is as wanted.
fn event(reader: &mut impl BufRead, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut line = String::new();
    let mut current = String::new();
    loop {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the stream ended");
        if let Some(name) = line.strip_prefix("event: ") {
            current = name.trim().to_owned();
        } else if let Some(data) = line.strip_prefix("data: ")
            && current == name
        {
            let value: Value = serde_json::from_str(data).unwrap();
            if wanted(&value) {
                return value;
            }
        }
    }
}

fn connect(server: &mut Server) -> TcpStream {
    let address = server.listen(crate::loopback(0)).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

#[test]
fn the_live_stream_ticks_and_shows_new_log_lines() {
    let folder = Folder::new();
    folder.request("default/index", 200, 2);
    let mut server = folder.server();
    until("the app is known", || server.ask().health.stored() == 1);
    let mut stream = connect(&mut server);
    stream.write_all(b"GET /api/live?app=your_app HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let quiet = event(&mut reader, "tick", |_| true);
    assert_eq!(quiet["workers"], 1);
    folder.begin("/running");
    folder.request("default/fail", 500, 40);
    folder.log(Severity::Warn, "look here");
    let log = event(&mut reader, "log", |_| true);
    assert_eq!((&log["message"], &log["level"]), (&"look here".into(), &"WARN".into()));
    let tick = event(&mut reader, "tick", |tick| tick["in_flight"] == 1);
    assert_eq!(tick["apps"][0]["app"], APP);
    let p50 = tick["p50_ms"].as_f64().unwrap();
    assert!((p50 - 40.0).abs() < 1.0, "{p50}");
    server.stop(Duration::from_secs(5));
}

#[test]
fn an_issue_is_told_of_when_it_is_new_or_back_and_not_for_each_exception() {
    let folder = Folder::new();
    let mut server = folder.server();
    let mut stream = connect(&mut server);
    stream.write_all(b"GET /api/live HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    event(&mut reader, "tick", |_| true);
    let failed = folder.failing(&Failure::default());
    let news = event(&mut reader, "issue", |_| true);
    assert_eq!((&news["new"], &news["regressed"]), (&true.into(), &false.into()));
    assert_eq!((&news["type"], &news["app"]), (&"ZeroDivisionError".into(), &APP.into()));
    assert_eq!(news["event_id"], failed.event.to_string());
    let id = news["id"].as_str().unwrap().to_owned();

    folder.failing(&Failure::default());
    until("it is stored", || server.ask().health.stored() == 6);
    let resolved = StateChange { state: "resolved".to_owned(), ..StateChange::default() };
    server.ask().change_issue(&id, &resolved, Params::default()).unwrap();
    folder.failing(&Failure::default());
    // the second one was open already: the next to be told is the third
    let news = event(&mut reader, "issue", |_| true);
    assert_eq!((&news["new"], &news["regressed"]), (&false.into(), &true.into()));
    assert_eq!(news["id"], id);
    server.stop(Duration::from_secs(5));
}

#[test]
fn a_tail_gets_the_lines_of_its_search_and_everyone_hears_of_a_new_pattern() {
    let folder = Folder::new();
    folder.log(Severity::Error, "timeout number 1");
    let mut server = folder.server();
    until("the line is stored", || server.ask().health.stored() == 1);
    let mut stream = connect(&mut server);
    let request =
        b"GET /api/live?q=level:error+timeout+-user:7 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut reader = BufReader::new(stream);
    event(&mut reader, "tick", |_| true);
    folder.log(Severity::Info, "timeout number 2");
    folder.log(Severity::Error, "no cover");
    folder.log(Severity::Error, "TIMEOUT number 3");
    folder.log(Severity::Error, "timeout number 4");
    let line = event(&mut reader, "log", |_| true);
    assert_eq!(line["message"], "TIMEOUT number 3");
    let line = event(&mut reader, "log", |_| true);
    assert_eq!(line["message"], "timeout number 4");
    folder.log(Severity::Fatal, "out of 12 tickets");
    let news = event(&mut reader, "pattern", |news| news["level"] == "FATAL");
    assert_eq!((&news["template"], &news["app"]), (&"out of <n> tickets".into(), &APP.into()));
    server.stop(Duration::from_secs(5));
}

#[test]
fn a_tail_with_a_mistake_is_refused() {
    let folder = Folder::new();
    let mut server = folder.server();
    let mut stream = connect(&mut server);
    stream.write_all(b"GET /api/live?q=-%22open HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    server.stop(Duration::from_secs(5));
}

#[test]
fn stopping_ends_live_streams_and_idle_connections_at_once() {
    let folder = Folder::new();
    let mut server = folder.server();
    let mut idle = connect(&mut server);
    let mut live = TcpStream::connect(idle.peer_addr().unwrap()).unwrap();
    live.write_all(b"GET /api/live HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut reader = BufReader::new(live);
    event(&mut reader, "tick", |_| true);
    let began = std::time::Instant::now();
    assert!(server.stop(Duration::from_secs(5)));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let mut rest = Vec::new();
    assert_eq!(std::io::Read::read_to_end(&mut idle, &mut rest).unwrap_or(0), 0);
}

#[test]
fn clients_that_send_nothing_starve_nobody() {
    let folder = Folder::new();
    let mut server = folder.server();
    let first = connect(&mut server);
    let address = first.peer_addr().unwrap();
    let mut idle: Vec<_> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    for slow in &mut idle {
        slow.write_all(b"GET /api/apps HTTP/1.1\r\nhost: local").unwrap();
    }
    folder.request("default/index", 200, 1);
    until("the request is stored", || server.ask().health.stored() == 1);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = b"GET /api/apps HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains(APP), "{answer}");
}

#[test]
fn a_head_that_is_too_long_is_refused_and_the_connection_closed() {
    let folder = Folder::new();
    let mut server = folder.server();
    let mut stream = connect(&mut server);
    // the server may close while we still write
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ");
    let _ = stream.write_all(&[b'a'; 100_000]);
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}
