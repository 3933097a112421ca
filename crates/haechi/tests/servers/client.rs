//! Visitors: they note each request before it is sent, and what came back.

use super::grpc;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What a visitor knows of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A whole answer with this status.
    Answered(u16),
    /// The connection ended before the answer was whole.
    Cut,
}

/// What a visitor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Fast,
    Slow,
    Panic,
    /// Of an endless answer it reads the beginning, then leaves.
    Abort,
}

impl Kind {
    pub(crate) fn of(n: u64) -> Self {
        match n % 8 {
            1 | 5 => Self::Slow,
            3 => Self::Panic,
            6 => Self::Abort,
            _ => Self::Fast,
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
            Self::Panic => "panic",
            Self::Abort => "endless",
        }
    }
}

/// What visitors and server speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// HTTP/1, a connection for each request.
    Http,
    /// gRPC, a connection for each visitor.
    Grpc,
}

/// Some threads that each visit with every so manieth number below `count`;
/// `after` is called with how many answers were whole; nobody begins another
/// request once `stop` is set. Gives what each visitor knows, by number; a request
/// that could not be sent is left out.
pub(crate) fn visit(
    address: SocketAddr,
    count: u64,
    speaks: Speaks,
    stop: &AtomicBool,
    after: &(dyn Fn(u64) + Sync),
) -> Vec<(u64, Outcome)> {
    const THREADS: u64 = 4;
    let whole = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| {
                let whole = &whole;
                scope.spawn(move || {
                    let mut seen = Vec::new();
                    let mut grpc = grpc::Visitor::new(address);
                    for n in (first..count).step_by(THREADS as usize) {
                        if stop.load(Ordering::SeqCst) {
                            break;
                        }
                        let outcome = match speaks {
                            Speaks::Http => request(address, n),
                            Speaks::Grpc => grpc.request(n),
                        };
                        let Some(outcome) = outcome else { continue };
                        seen.push((n, outcome));
                        if outcome != Outcome::Cut {
                            after(whole.fetch_add(1, Ordering::Relaxed) + 1);
                        }
                    }
                    seen
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// `None` if nobody took the connection.
fn request(address: SocketAddr, n: u64) -> Option<Outcome> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let kind = Kind::of(n);
    let head =
        format!("GET /{}/{n} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n", kind.path());
    if stream.write_all(head.as_bytes()).is_err() {
        return Some(Outcome::Cut);
    }
    let mut answer = Vec::new();
    let mut buffer = [0; 512];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
        if kind == Kind::Abort && answer.windows(6).any(|part| part == b"a part") {
            return Some(Outcome::Cut);
        }
    }
    Some(outcome(&answer))
}

/// Whether an answer is whole: its length, or its last chunk, is there.
fn outcome(answer: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Outcome::Cut };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let whole = match length {
        Some(length) => length.parse() == Ok(body.len()),
        None => body.ends_with("0\r\n\r\n"),
    };
    match status {
        Some(status) if whole => Outcome::Answered(status),
        _ => Outcome::Cut,
    }
}
