//! Any query string is answered or refused with the field at fault: times,
//! steps, filters and the search in log lines.
#![no_main]

use haechi_event::{Log, Record, Request};
use haechi_server::ask::{Ask, Moment, Params, parse_moment};
use haechi_server::{Server, ServerError, Settings};
use haechi_spool::write::{Spool, SpoolConfig};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

struct Site {
    server: Server,
    /// A program has it for ever.
    _spool: Spool,
    _dir: tempfile::TempDir,
}

fn ask() -> &'static Ask {
    static SITE: OnceLock<Site> = OnceLock::new();
    let site = SITE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(SpoolConfig::new(&dir.path().join("spool")));
        let now = Moment::now().unix_ms() * 1_000_000;
        let request = Request { start_unix_ns: now, app: "a", path: "/b", ..Request::default() };
        spool.append(&Record::Request(request)).unwrap();
        let log = Log { time_unix_ns: now, app: "a", message: "hello you", ..Log::default() };
        spool.append(&Record::Log(log)).unwrap();
        let server = Server::start(Settings::new(dir.path())).unwrap();
        while server.ask().status(Params::default()).unwrap().records_stored < 2 {
            std::thread::yield_now();
        }
        Site { server, _spool: spool, _dir: dir }
    });
    site.server.ask()
}

/// A refusal names its field and fits on one line; anything else is our fault.
fn judge<A>(answer: Result<A, ServerError>) {
    match answer {
        Ok(_) | Err(ServerError::Missing(_)) => {}
        Err(ServerError::Input { field, message, .. }) => {
            assert!(!field.is_empty() && !message.is_empty());
            assert!(!message.chars().any(char::is_control), "{message:?}");
        }
        Err(other) => panic!("{other}"),
    }
}

fuzz_target!(|input: &str| {
    let _ = parse_moment(input, Moment::now());
    let params = || Params::parse(input);
    if let Err(error) = params() {
        return judge::<()>(Err(error));
    }
    let ask = ask();
    judge(params().and_then(|params| ask.traffic(params)));
    judge(params().and_then(|params| ask.routes(params)));
    judge(params().and_then(|params| ask.requests(params)));
    judge(params().and_then(|params| ask.logs(params)));
    // the whole input as a search, too
    let encoded: String = input.bytes().map(|byte| format!("%{byte:02x}")).collect();
    judge(Params::parse(&format!("q={encoded}")).and_then(|params| ask.logs(params)));
});
