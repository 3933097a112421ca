use super::report::Check;
use crate::probe::{Found, probe};
use haechi_server::{ServerFile, loopback};
use std::net::SocketAddr;
use std::path::Path;

const NAME: &str = "server";

/// The server that has the data folder.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) pid: u32,
    pub(super) address: Option<SocketAddr>,
}

/// Who has the data folder. A stale `server.json` says nothing: only the lock does.
pub(super) fn running(data_dir: &Path) -> Option<Running> {
    let ServerFile { pid, address } = ServerFile::of_running(data_dir)?;
    Some(Running { pid, address: address.and_then(|address| address.parse().ok()) })
}

/// Whether the server answers and rows move; without one, whether it could start.
pub(super) fn check(running: Option<&Running>, port: Option<u16>) -> Check {
    match running {
        None => port.map_or_else(
            || Check::warn(NAME, "not running", "correct the settings first"),
            check_port,
        ),
        Some(Running { pid, address: None }) => Check::warn(
            NAME,
            format!("process {pid} collects, but has no dashboard"),
            "its port was taken when it started: restart it with another --port",
        ),
        Some(Running { pid, address: Some(address) }) => check_address(*pid, *address),
    }
}

fn check_address(pid: u32, address: SocketAddr) -> Check {
    match probe(address, "/readyz") {
        Found::Haechi(condition) => match condition.trouble {
            None => Check::ok(
                NAME,
                format!("haechi {} (process {pid}) at http://{address}/", condition.version),
            ),
            Some(trouble) => Check::fail(NAME, trouble, format!("restart process {pid}")),
        },
        Found::Other | Found::Nobody => Check::fail(
            NAME,
            format!("process {pid} does not answer at {address}"),
            format!("restart it: kill {pid}"),
        ),
    }
}

fn check_port(port: u16) -> Check {
    match probe(loopback(port), "/healthz") {
        Found::Nobody => Check::ok(NAME, format!("not running; port {port} is free")),
        Found::Haechi(other) => Check::warn(
            NAME,
            format!(
                "not running; port {port} is a haechi of another folder (process {})",
                other.pid
            ),
            "choose another port with --port or in haechi.toml",
        ),
        Found::Other => Check::warn(
            NAME,
            format!("not running; port {port} is taken by another program"),
            "choose another port with --port or in haechi.toml",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;

    #[test]
    fn a_server_that_does_not_answer_fails() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let dead = Running { pid: 1, address: Some(free) };
        assert_eq!(check(Some(&dead), None).state(), State::Fail);
        assert_eq!(check(None, Some(free.port())).state(), State::Ok);
        assert_eq!(check(None, None).state(), State::Warn);
    }
}
