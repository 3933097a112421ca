//! The little HTTP that asking a haechi on this machine takes.

use crate::error::CliError;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// The server gives up a question before this.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Grouping all exceptions again may take this long.
const CHANGE_WITHIN: Duration = Duration::from_secs(600);
/// Bytes of an answer; 1,000 of the longest log lines are half as much.
const ANSWER_MAX: u64 = 64 << 20;
/// Bytes of the head of an answer.
const HEAD_MAX: u64 = 16 << 10;

/// Reads a path.
pub(crate) fn get(address: SocketAddr, path: &str) -> Result<serde_json::Value, CliError> {
    let request = format!("GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n");
    whole(send(address, &request, ANSWER_WITHIN)?)
}

/// Changes something.
pub(crate) fn post(
    address: SocketAddr,
    path: &str,
    body: &serde_json::Value,
) -> Result<serde_json::Value, CliError> {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.0\r\nhost: {address}\r\nx-haechi: 1\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    whole(send(address, &request, CHANGE_WITHIN)?)
}

/// Begins to read a path whose answer does not end.
pub(crate) fn stream(address: SocketAddr, path: &str) -> Result<BufReader<TcpStream>, CliError> {
    let request =
        format!("GET {path} HTTP/1.0\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n");
    match send(address, &request, ANSWER_WITHIN)? {
        (200, answer) => Ok(answer),
        refused => Err(whole(refused).err().unwrap_or_else(not_understood)),
    }
}

/// Sends a request of HTTP/1.0, whose answer ends with the connection. Returns
/// the status and what follows the head.
fn send(
    address: SocketAddr,
    request: &str,
    within: Duration,
) -> Result<(u16, BufReader<TcpStream>), CliError> {
    let failed = || CliError::io("ask the running haechi");
    let mut stream = TcpStream::connect_timeout(&address, CONNECT_WITHIN).map_err(failed())?;
    stream.set_read_timeout(Some(within)).map_err(failed())?;
    stream.set_write_timeout(Some(CONNECT_WITHIN)).map_err(failed())?;
    stream.write_all(request.as_bytes()).map_err(failed())?;
    let mut answer = BufReader::new(stream);
    let mut head = Vec::new();
    let mut left = (&mut answer).take(HEAD_MAX);
    while !head.ends_with(b"\r\n\r\n") {
        if left.read_until(b'\n', &mut head).map_err(failed())? == 0 {
            return Err(not_understood());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split(' ');
    let version = words.next().unwrap_or_default();
    let status = words.next().and_then(|status| status.parse().ok());
    match status.filter(|_| version.starts_with("HTTP/1.")) {
        Some(status) => Ok((status, answer)),
        None => Err(not_understood()),
    }
}

/// The body of an answer that is not a success.
#[derive(Deserialize)]
struct Failure {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    message: String,
}

fn whole((status, answer): (u16, BufReader<TcpStream>)) -> Result<serde_json::Value, CliError> {
    let mut body = Vec::new();
    answer
        .take(ANSWER_MAX)
        .read_to_end(&mut body)
        .map_err(CliError::io("read the answer of the running haechi"))?;
    if status == 200 {
        return serde_json::from_slice(&body).map_err(|_| not_understood());
    }
    let Ok(Failure { error }) = serde_json::from_slice(&body) else { return Err(not_understood()) };
    Err(CliError::Answered { status, message: error.message })
}

fn not_understood() -> CliError {
    let message = "the running haechi gives an answer that is not understood; is it of the same \
        version? `haechi doctor` tells";
    CliError::Nothing(message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answering(answer: &'static str) -> (SocketAddr, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = vec![0; 4096];
            let len = stream.read(&mut asked).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&asked[..len]).into_owned()
        });
        (address, thread)
    }

    #[test]
    fn an_answer_is_read_and_a_failure_told_by_its_message() {
        let (address, thread) = answering("HTTP/1.0 200 OK\r\nx: y\r\n\r\n{\"a\":1}");
        assert_eq!(get(address, "/api/apps").unwrap()["a"], 1);
        let asked = thread.join().unwrap();
        assert!(asked.starts_with("GET /api/apps HTTP/1.0\r\nhost: 127.0.0.1:"), "{asked}");

        let bad =
            "HTTP/1.0 400 Bad Request\r\n\r\n{\"error\":{\"field\":\"q\",\"message\":\"no\"}}";
        let (address, thread) = answering(bad);
        let error = post(address, "/x", &serde_json::json!({})).unwrap_err();
        assert!(matches!(&error, CliError::Answered { status: 400, message } if message == "no"));
        assert!(thread.join().unwrap().contains("\r\nx-haechi: 1\r\n"));
    }

    #[test]
    fn what_is_no_haechi_is_said_to_be_none() {
        for answer in
            ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n<html>", "HTTP/1.1 500 \r\n\r\n"]
        {
            let (address, thread) = answering(answer);
            let error = get(address, "/").unwrap_err().to_string();
            assert!(error.contains("haechi"), "{answer:?} gave {error}");
            thread.join().unwrap();
        }
    }
}
