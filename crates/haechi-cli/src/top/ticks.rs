//! The live stream of the running server: a tick a second, and issues that are
//! new or back.

use super::asker::Place;
use super::event::Event;
use crate::http;
use crate::question::Question;
use haechi_server::{ServerFile, loopback};
use serde::de::DeserializeOwned;
use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// Between two tries to find a server.
const AGAIN: Duration = Duration::from_secs(1);
/// Bytes of a line of the stream; longer ones are log lines that nobody wants.
const LINE_MAX: u64 = 1 << 20;
/// The stream ticks once a second.
const SILENT: Duration = Duration::from_secs(10);

/// Listens to whatever server there is, until nobody takes what it tells.
pub(super) fn follow(place: &Place, app: Option<&str>, events: &Sender<Event>) {
    loop {
        if let Some(address) = server(place)
            && stream(address, app, events).is_none()
        {
            return;
        }
        std::thread::park_timeout(AGAIN);
        if events.send(Event::Redraw).is_err() {
            return;
        }
    }
}

fn server(place: &Place) -> Option<SocketAddr> {
    match place.port {
        Some(port) => Some(loopback(port)),
        None => ServerFile::of_running(&place.settings.data_dir)?.address?.parse().ok(),
    }
}

/// `None` if nobody takes what is told.
fn stream(address: SocketAddr, app: Option<&str>, events: &Sender<Event>) -> Option<()> {
    // of log lines as few as can be: they are asked for
    let question = Question::logs().with("app", app).with("level", Some("fatal"));
    let Ok(mut reader) = http::stream(address, &question.on("/api/live")) else { return Some(()) };
    if reader.get_ref().set_read_timeout(Some(SILENT)).is_err() {
        return Some(());
    }
    let (mut kind, mut line) = (String::new(), Vec::new());
    loop {
        line.clear();
        let mut left = std::io::Read::take(&mut reader, LINE_MAX);
        match left.read_until(b'\n', &mut line) {
            Ok(read) if read > 0 => {}
            _ => return Some(()),
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if let Some(name) = text.strip_prefix("event: ") {
            name.clone_into(&mut kind);
        } else if let Some(data) = text.strip_prefix("data: ")
            && let Some(event) = told(&kind, data)
        {
            events.send(event).ok()?;
        }
    }
}

fn told(kind: &str, data: &str) -> Option<Event> {
    fn read<T: DeserializeOwned>(data: &str) -> Option<T> {
        serde_json::from_str(data).ok()
    }
    match kind {
        "tick" => read(data).map(Event::Tick),
        "issue" => read(data).map(Event::Issue),
        _ => None,
    }
}
