//! `haechi issues` and `haechi logs` on a real data folder, with and without a
//! running server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use haechi_event::{
    Exception, Frame, Headers, HeadersWriter, Log, Record, Request, RequestId, Severity,
    StackWriter, Tie, is_acting,
};
use haechi_spool::write::{Spool, SpoolConfig};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// Every character that may act on a terminal, and what they are used for.
fn hostile() -> String {
    let acting: String =
        (0..=0xffff).filter_map(char::from_u32).filter(|c| is_acting(*c) && *c != '\n').collect();
    format!("\x1b[2J\x1b]0;owned\x07{acting}\nlevel:fatal forged")
}

/// A data folder that a program writes to.
struct Case {
    dir: TempDir,
    spool: Spool,
}

/// What a failing request left.
struct Failed {
    event: RequestId,
    request: RequestId,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(SpoolConfig {
            program: "test".to_owned(),
            ..SpoolConfig::new(&dir.path().join("data/spool"))
        });
        Self { dir, spool }
    }

    /// `haechi` with a data folder, in an environment without settings.
    fn haechi(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env("HAECHI_DIR", self.dir.path().join("data"))
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .env_remove("HAECHI_PORT");
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.haechi(arguments).output().unwrap()
    }

    /// What a successful run prints. Nothing of it may act on a terminal.
    #[track_caller]
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?} gave {text}{err}");
        let acting = |c: char| c != '\n' && is_acting(c);
        assert!(!text.contains(acting) && !err.contains(acting), "{arguments:?} gave {text:?}");
        text
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(arguments)).unwrap()
    }

    /// What a run prints that ends with this code, on stderr.
    #[track_caller]
    fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?} gave {err}");
        let last = err.lines().last().unwrap_or_default();
        assert!(last.starts_with("haechi: "), "{err}");
        last.to_owned()
    }

    fn log(&self, severity: Severity, message: &str) {
        let log = Log {
            time_unix_ns: unix_ms() * 1_000_000,
            severity,
            message_bytes: message.len() as u64,
            app: "shop",
            logger: "web2py.app.shop",
            message,
            ..Log::default()
        };
        self.spool.append(&Record::Log(log)).unwrap();
    }

    fn failing(&self, ticket: &str, message: &str) -> Failed {
        let now = unix_ms();
        let time_unix_ns = now * 1_000_000;
        let mut stack = Vec::new();
        let mut writer = StackWriter::new(&mut stack);
        writer.cause(Tie::Raised, "shop.PaymentRefused", message);
        let library = Frame { file: "gluon/main.py", function: "wsgibase", ..Frame::default() };
        writer.frame(&library);
        writer.frame(&Frame {
            file: "applications/shop/controllers/default.py",
            function: "pay",
            line: 50,
            in_app: true,
            source: "raise PaymentRefused(amount)",
            ..library
        });
        writer.local("amount", message);
        let kept = self.spool.with_lane(|mut lane| {
            let (event, request) = (lane.next_id(now), lane.next_id(now));
            let exception = Exception {
                id: event,
                time_unix_ns,
                request_id: request,
                app: "shop",
                route: "default/pay",
                release: "1.4",
                ticket,
                kind: "shop.PaymentRefused",
                message,
                stack: &stack,
                ..Exception::default()
            };
            let log = Log {
                time_unix_ns,
                request_id: request,
                severity: Severity::Error,
                app: "shop",
                route: "default/pay",
                message: "could not pay",
                ..Log::default()
            };
            let handled = Request {
                id: request,
                start_unix_ns: time_unix_ns,
                duration_ns: 1_000_000,
                status: 500,
                app: "shop",
                method: "POST",
                route: "default/pay",
                path: "/shop/default/pay",
                ticket,
                release: "1.4",
                ..Request::default()
            };
            for record in [Record::Exception(exception), Record::Log(log), Record::Request(handled)]
            {
                lane.append_with(|buffer| record.encode(buffer)).unwrap();
            }
            Failed { event, request }
        });
        self.with_headers(kept.unwrap(), message)
    }

    /// What the head of a request said, one of its values being this.
    fn with_headers(&self, failed: Failed, value: &str) -> Failed {
        let mut said = HeadersWriter::default();
        said.push("x-note", value);
        said.push("authorization", "Bearer hunter2");
        let request = said.as_bytes();
        let (app, request_id) = ("shop", failed.request);
        let headers =
            Headers { request_id, app, request, response_left_out: 3, ..Headers::default() };
        self.spool.append(&Record::Headers(headers)).unwrap();
        failed
    }

    fn serve(&self) -> Serving {
        let mut child =
            self.haechi(&["serve", "--port", &free_port()]).stderr(Stdio::piped()).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        assert!(line.contains("dashboard at"), "{line}");
        Serving { child, _err: err }
    }

    /// Stores what was recorded.
    fn store(&self) {
        self.serve().stop();
    }
}

/// A running `haechi serve`.
struct Serving {
    child: Child,
    _err: BufReader<std::process::ChildStderr>,
}

impl Serving {
    /// It stores what is left first.
    fn stop(mut self) {
        let kill = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Everything that can be asked, of a folder with two failures of one issue.
fn ask_everything(case: &Case, failed: &Failed) {
    ask_for_the_list(case);
    let issue = ask_by_every_id(case, failed);
    decide(case, failed, &issue);
    ask_for_lines(case);
    ask_for_releases(case);
}

fn ask_for_releases(case: &Case) {
    let text = case.text(&["releases"]);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[1].contains("shop") && lines[1].ends_with("1.4"), "{text}");
    assert!(lines[3].starts_with("1.4 of shop: nothing is known from before it"), "{text}");
    assert_eq!(case.text(&["releases", "shop", "--release", "1.4"]), text);
    let answer = case.json(&["releases", "--json"]);
    assert_eq!(answer["releases"][0]["release"], "1.4");
    assert_eq!(answer["verdict"]["verdict"], "first");
    let refused = case.refused(1, &["releases", "--release", "2"]);
    assert!(refused.contains("no request was handled by this release"), "{refused}");
}

fn ask_for_the_list(case: &Case) {
    let list = case.text(&["issues"]);
    let lines: Vec<_> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert_eq!(lines[0].find("ISSUE"), lines[1].find("shop.PaymentRefused"), "{list}");
    assert!(lines[1].contains("no cover for 7") && lines[1].contains("open"), "{list}");
    assert_eq!(case.text(&["issues", "list", "--app", "shop", "--state", "all"]), list);
    assert_eq!(
        case.text(&["issues", "--state", "resolved"]),
        "no resolved issues in the last 7 days\n"
    );
}

fn ask_by_every_id(case: &Case, failed: &Failed) -> String {
    let answer = case.json(&["issues", "--json"]);
    let issue = answer["issues"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(answer["issues"][0]["events"], 2);
    let shown = case.json(&["issues", "show", &failed.request.to_string(), "--json"]);
    let trace = shown["request"]["trace_id"].as_str().unwrap().to_owned();
    let (event, request) = (failed.event.to_string(), failed.request.to_string());
    for id in [issue.as_str(), "127.0.0.1.ticket-2", &event, &request, &trace] {
        let text = case.text(&["issues", "show", id]);
        for part in [
            "shop.PaymentRefused: no cover for 7",
            "127.0.0.1.ticket-2",
            "controllers/default.py:50",
            "raise PaymentRefused(amount)",
            "amount = no cover for 7",
            "… 1 frame of a library",
            &issue,
        ] {
            assert!(text.contains(part), "{id} shows no {part}:\n{text}");
        }
        assert_eq!(text.contains("could not pay"), id != issue, "{id} shows\n{text}");
    }
    let text = case.text(&["issues", "show", &request]);
    for part in
        ["x-note: no cover for 7", "authorization: Bearer [cut:key:7]", "… and 3 more headers"]
    {
        assert!(text.contains(part), "{text}");
    }
    assert!(case.text(&["issues", "show", &issue]).contains("same because"));
    assert!(case.refused(1, &["issues", "show", "nothing"]).contains("nothing with the id"));
    issue
}

fn decide(case: &Case, failed: &Failed, issue: &str) {
    let request = failed.request.to_string();
    let text = case.text(&["issues", "resolve", "127.0.0.1.ticket-2", "--release", "1.5"]);
    assert!(text.starts_with(&format!("{issue} is resolved")), "{text}");
    assert!(case.text(&["issues", "show", issue]).contains("resolved in release 1.5"));
    let text = case.text(&["issues", "ignore", issue, "--until", "7d", "--events", "10"]);
    assert!(text.starts_with(&format!("{issue} is ignored")), "{text}");
    assert!(case.text(&["issues", "show", issue]).contains("or until there are 12 events"));
    assert!(case.refused(2, &["issues", "ignore", issue, "--until", "-1d"]).contains("until"));
    let reopened = case.json(&["issues", "reopen", &request, "--json"]);
    assert_eq!(reopened["state"], "open");
    assert!(case.text(&["issues", "regroup"]).contains("there are 1 issues"));
    assert_eq!(case.json(&["issues", "regroup", "--json"])["issues"], 1);
    assert!(case.refused(2, &["issues", "--state", "closed"]).contains("state must be"));
}

fn ask_for_lines(case: &Case) {
    let text = case.text(&["logs"]);
    let messages: Vec<_> = text.lines().map(|line| line.rsplit(": ").next().unwrap()).collect();
    assert_eq!(messages, ["first", "second line", "could not pay", "could not pay"]);
    assert_eq!(case.text(&["logs", "-n", "1", "level:info"]).lines().count(), 1);
    assert!(case.text(&["logs", "line", "app:shop"]).contains("WARN  shop"));
    assert_eq!(case.text(&["logs", "line -second"]), "");
    let answer = case.json(&["logs", "--level", "error", "--app", "shop", "--json"]);
    assert_eq!(answer["logs"].as_array().unwrap().len(), 2);
    assert!(case.refused(2, &["logs", "pay level:loud"]).ends_with("(at character 11)"));
    assert!(case.refused(2, &["logs", "--app", "nobody"]).contains("no app of this name"));
    let text = case.text(&["logs", "--patterns"]);
    assert!(text.contains("could not pay") && text.contains("4 of 4 lines in 3 of 3"), "{text}");
    let answer = case.json(&["logs", "--patterns", "--json", "pay level:error"]);
    let pattern = &answer["patterns"][0];
    assert_eq!((&answer["count"], &pattern["lines"]), (&1.into(), &2.into()));
    let of_pattern = format!("pattern:{}", pattern["id"].as_str().unwrap());
    let answer = case.json(&["logs", "--json", &of_pattern]);
    assert_eq!(answer["logs"].as_array().unwrap().len(), 2);
    assert!(case.refused(2, &["logs", "--patterns", "user:7"]).contains("(at character 6)"));
}

fn recorded() -> (Case, Failed) {
    let case = Case::new();
    case.log(Severity::Info, "first");
    case.log(Severity::Warn, "second line");
    case.failing("127.0.0.1.ticket-1", "no cover for 7");
    let failed = case.failing("127.0.0.1.ticket-2", "no cover for 7");
    (case, failed)
}

#[test]
fn without_a_server_the_folder_itself_answers() {
    let (case, failed) = recorded();
    let err = case.refused(1, &["issues"]);
    assert!(err.contains("nothing is stored"), "{err}");
    case.store();
    ask_everything(&case, &failed);
    assert!(!case.dir.path().join("data/server.json").exists());
    assert!(case.refused(1, &["logs", "-f"]).contains("haechi serve"));
}

#[test]
fn a_running_server_gives_the_same_answers() {
    let (case, failed) = recorded();
    let serving = case.serve();
    until("all is stored", || {
        let answer = case.output(&["issues", "show", &failed.request.to_string(), "--json"]);
        answer.status.success()
    });
    ask_everything(&case, &failed);
    serving.stop();
}

#[test]
fn a_server_that_is_starting_is_asked_once_it_answers() {
    let (case, _) = recorded();
    case.store();
    // held as a starting server holds it: nobody has said where it answers
    let lock = File::options().write(true).open(case.dir.path().join("data/haechi.lock")).unwrap();
    lock.lock().unwrap();
    let mut asking = case.haechi(&["issues"]).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::park_timeout(Duration::from_millis(200));
    assert_eq!(asking.try_wait().unwrap(), None, "it did not wait");
    drop(lock);
    let serving = case.serve();
    let mut text = String::new();
    asking.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(asking.wait().unwrap().success());
    assert!(text.contains("shop.PaymentRefused"), "{text}");
    serving.stop();
}

#[test]
fn a_folder_whose_server_does_not_answer_is_told_by_its_process() {
    let (case, _) = recorded();
    case.store();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut running = case.haechi(&["run", "--port", &port, "--", "sleep", "60"]).spawn().unwrap();
    until("it has the folder", || case.dir.path().join("data/server.json").exists());
    let err = case.refused(1, &["issues"]);
    assert!(err.contains(&format!("process {}", running.id())), "{err}");
    assert!(err.contains("--port"), "{err}");
    let kill = Command::new("kill").args(["-TERM", &running.id().to_string()]).status();
    assert!(kill.unwrap().success());
    running.wait().unwrap();
}

#[test]
fn nothing_from_strangers_acts_on_the_terminal() {
    let case = Case::new();
    let hostile = hostile();
    case.log(Severity::Error, &hostile);
    let failed = case.failing(&hostile, &hostile);
    case.store();
    // `text` and `json` look at every character
    case.text(&["issues"]);
    case.text(&["issues", "show", &failed.event.to_string()]);
    case.text(&["issues", "show", &failed.request.to_string()]);
    let logs = case.text(&["logs"]);
    assert!(!logs.lines().any(|line| line.starts_with("level:fatal")), "{logs}");
    let answer = case.json(&["logs", "--json", "level:error"]);
    assert_eq!(answer["logs"].as_array().unwrap().len(), 2);
    assert!(answer["logs"].as_array().unwrap().iter().any(|log| log["message"] == hostile));
    let issue = case.json(&["issues", "--json"])["issues"][0]["id"].as_str().unwrap().to_owned();
    case.text(&["issues", "show", &issue]);
    case.text(&["issues", "show", &issue, "--json"]);
    case.text(&["issues", "resolve", &issue]);
    let err = case.refused(1, &["issues", "show", "\x1b[2J\u{202e}"]);
    assert!(!err.contains(is_acting), "{err:?}");
}

/// What a run shows on a terminal of 60 columns.
fn on_terminal(mut command: Command) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap();
    let theirs = rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut size = rustix::termios::tcgetwinsize(&theirs).unwrap();
    size.ws_col = 60;
    rustix::termios::tcsetwinsize(&theirs, size).unwrap();
    let mut child = command.stdout(theirs).spawn().unwrap();
    drop(command);
    let mut shown = Vec::new();
    let mut ours = File::from(ours);
    let mut buffer = [0; 4096];
    // the system says "input/output error" when nobody has the other end
    while let Ok(len @ 1..) = ours.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..len]);
    }
    assert!(child.wait().unwrap().success());
    String::from_utf8(shown).unwrap()
}

#[test]
fn colours_and_widths_are_for_terminals_that_want_them() {
    let (case, _) = recorded();
    case.store();
    let shown = on_terminal(case.haechi(&["issues"]));
    assert!(shown.contains("\x1b[33mopen"), "{shown:?}");
    assert!(shown.contains("no co") || shown.contains('…'), "{shown:?}");
    let mut command = case.haechi(&["issues"]);
    command.env("NO_COLOR", "1");
    let plain = on_terminal(command);
    assert!(!plain.contains('\x1b'), "{plain:?}");
    for line in plain.lines() {
        assert!(line.chars().count() <= 70, "{line:?}");
    }
    let shown = on_terminal(case.haechi(&["logs"]));
    assert!(shown.contains("\x1b[31mERROR\x1b[0m"), "{shown:?}");
}

#[test]
fn following_shows_each_new_line_once() {
    let case = Case::new();
    case.log(Severity::Info, "before");
    case.log(Severity::Error, "before too");
    let serving = case.serve();
    until("all is stored", || case.text(&["logs"]).lines().count() == 2);
    let mut following = case
        .haechi(&["logs", "-f", "-n", "1", "--json", "level:error"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(following.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        line["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(next(), "before too");
    // more than the live stream carries for one client
    const LINES: usize = 3000;
    for n in 0..LINES {
        case.log(Severity::Error, &format!("line {n}"));
        case.log(Severity::Info, "not asked for");
    }
    let mut found: Vec<String> = (0..LINES).map(|_| next()).collect();
    found.sort();
    let mut want: Vec<String> = (0..LINES).map(|n| format!("line {n}")).collect();
    want.sort();
    assert_eq!(found, want);
    case.log(Severity::Error, "after");
    assert_eq!(next(), "after");
    serving.stop();
    assert_eq!(following.wait().unwrap().code(), Some(1));
    let mut err = String::new();
    following.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(err.contains("has ended"), "{err}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (case, _) = recorded();
    for n in 0..2000 {
        case.log(Severity::Info, &format!("line {n} {}", "x".repeat(100)));
    }
    case.store();
    let mut logs = case
        .haechi(&["logs", "-n", "5000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(logs.stdout.take());
    assert_eq!(logs.wait().unwrap().code(), Some(0));
}
