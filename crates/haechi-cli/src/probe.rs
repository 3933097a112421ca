use serde::Deserialize;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(2);
/// The answer is short; whatever is longer is not ours.
const ANSWER_MAX: u64 = 64 * 1024;

/// What a haechi says of itself at `/healthz` and `/readyz`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Condition {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) pid: u32,
    pub(crate) trouble: Option<String>,
}

/// What answers at an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing listens there.
    Nobody,
    /// Something that is not haechi.
    Other,
    Haechi(Condition),
}

/// Asks what is there. Only ever used on loopback.
pub(crate) fn probe(address: SocketAddr, path: &str) -> Found {
    let Ok(stream) = TcpStream::connect_timeout(&address, WITHIN) else { return Found::Nobody };
    match ask(stream, address, path) {
        Some(condition) if condition.name == "haechi" => Found::Haechi(condition),
        _ => Found::Other,
    }
}

fn ask(mut stream: TcpStream, address: SocketAddr, path: &str) -> Option<Condition> {
    stream.set_read_timeout(Some(WITHIN)).ok()?;
    stream.set_write_timeout(Some(WITHIN)).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX).read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answering(answer: &'static str) -> (SocketAddr, std::thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 1024];
            let len = stream.read(&mut asked).unwrap();
            assert!(asked[..len].starts_with(b"GET /healthz HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        (address, thread)
    }

    #[test]
    fn a_haechi_is_told_from_another_server() {
        let own = "HTTP/1.1 200 OK\r\n\r\n\
            {\"name\":\"haechi\",\"version\":\"9.9\",\"pid\":7,\"trouble\":null}";
        let (address, thread) = answering(own);
        let Found::Haechi(condition) = probe(address, "/healthz") else { panic!("not found") };
        assert_eq!((condition.version.as_str(), condition.pid), ("9.9", 7));
        thread.join().unwrap();
        let (address, thread) = answering("HTTP/1.1 200 OK\r\n\r\n<html>");
        assert_eq!(probe(address, "/healthz"), Found::Other);
        thread.join().unwrap();
        assert_eq!(probe(address, "/healthz"), Found::Nobody);
    }
}
