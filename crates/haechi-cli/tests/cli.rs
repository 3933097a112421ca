//! The real program, each case in a data folder of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Case {
    dir: TempDir,
}

impl Case {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// `haechi` with a data folder, in an environment without settings.
    fn haechi(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env("HAECHI_DIR", self.data())
            .env("HAECHI_LIB", self.dir.path().join("lib"))
            .env_remove("PYTHONPATH")
            .env_remove("HAECHI_PORT");
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.haechi(arguments).output().unwrap()
    }

    /// A Python part that is whole as far as `haechi run` looks.
    fn install_python_part(&self) {
        let lib = self.dir.path().join("lib");
        for file in [
            "bootstrap/sitecustomize.py",
            "python/haechi/__init__.py",
            "python/haechi/_native.abi3.so",
        ] {
            let file = lib.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A port nobody listens on, just now.
fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// Starts and waits for the first line on stdout.
fn started(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (child, out, line.trim().to_owned())
}

fn kill(pid: u32, signal: &str) {
    let done = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status().unwrap();
    assert!(done.success());
}

fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn the_programs_exit_code_and_output_are_passed_on() {
    let case = Case::new();
    let script = "read line; echo \"out $line\"; echo err >&2; exit 37";
    let mut command = case.haechi(&["run", "--no-server", "--", "sh", "-c", script]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(37));
    assert_eq!(text(&output.stdout), "out hello\n");
    let err = text(&output.stderr);
    let (ours, theirs): (Vec<_>, Vec<_>) =
        err.lines().partition(|line| line.starts_with("haechi: "));
    assert_eq!(theirs, ["err"]);
    assert!(!ours.is_empty());
}

#[test]
fn a_program_that_died_of_a_signal_makes_haechi_die_of_it() {
    let case = Case::new();
    for (signal, number) in [("TERM", 15), ("KILL", 9), ("SEGV", 11), ("USR1", 10)] {
        let script = format!("kill -{signal} $$");
        let output = case.output(&["run", "--no-server", "--", "sh", "-c", &script]);
        assert_eq!(output.status.signal(), Some(number), "{signal}: {:?}", output.status);
    }
}

#[test]
fn a_program_that_cannot_start_gives_what_a_shell_gives() {
    let case = Case::new();
    let output = case.output(&["run", "--no-server", "--", "there-is-no-such-program"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(text(&output.stderr).contains("there-is-no-such-program"));
    let folder = case.dir.path().to_str().unwrap();
    let output = case.output(&["run", "--no-server", "--", folder]);
    assert_eq!(output.status.code(), Some(126));
}

#[test]
fn the_program_gets_the_environment_that_watches_it() {
    let case = Case::new();
    case.install_python_part();
    let script = "echo $HAECHI_RUN; echo $HAECHI_DIR; echo $HAECHI_STATISTICS; echo $HAECHI_LIB; \
        echo $PYTHONPATH";
    let mut command =
        case.haechi(&["run", "--no-server", "--data", "elsewhere", "--", "sh", "-c", script]);
    let output = command.env("PYTHONPATH", "/old").output().unwrap();
    let lib = case.dir.path().join("lib").display().to_string();
    let data = case.dir.path().join("elsewhere").display().to_string();
    assert_eq!(text(&output.stdout), format!("1\n{data}\non\n{lib}\n{lib}/bootstrap:/old\n"));
    assert!(!text(&output.stderr).contains("missing"));
}

#[test]
fn without_the_python_part_one_line_says_so_and_the_program_runs() {
    let case = Case::new();
    let output = case.output(&["run", "--no-server", "--", "sh", "-c", "echo on; exit 3"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(3), "on\n"));
    let err = text(&output.stderr);
    assert_eq!(err.lines().filter(|line| line.contains("sitecustomize.py is missing")).count(), 1);
}

#[test]
fn signals_sent_to_haechi_reach_the_program() {
    let case = Case::new();
    let script = "trap 'echo hup; exit 5' HUP; echo ready; while :; do sleep 0.05; done";
    let mut command = case.haechi(&["run", "--no-server", "--", "sh", "-c", script]);
    let (mut child, mut out, line) = started(&mut command);
    assert_eq!(line, "ready");
    kill(child.id(), "HUP");
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "hup\n");
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn a_program_under_nohup_still_ignores_hangups() {
    let case = Case::new();
    let haechi = env!("CARGO_BIN_EXE_haechi");
    // traps of ignored signals cannot be set in sh, so `trap` shows nothing
    let script =
        format!("trap '' HUP; exec {haechi} run --no-server -- sh -c 'kill -HUP $$; echo alive'");
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("HAECHI_DIR", case.data())
        .current_dir(case.dir.path())
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "alive\n");
}

#[test]
fn killing_haechi_leaves_the_program_running() {
    let case = Case::new();
    let mut command = case.haechi(&[
        "run",
        "--port",
        &free_port(),
        "--",
        "sh",
        "-c",
        "echo $$; read line; exit 0",
    ]);
    let (mut child, _out, pid) = started(command.stdin(Stdio::piped()));
    let stdin = child.stdin.take();
    kill(child.id(), "KILL");
    child.wait().unwrap();
    assert!(is_running(&pid), "{pid} ended with haechi");
    drop(stdin);
    until("the program ends by itself", || !is_running(&pid));
}

#[test]
fn a_taken_port_is_said_in_one_line_and_the_program_runs() {
    let case = Case::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = case.output(&["run", "--port", &port, "--", "sh", "-c", "echo on; exit 4"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(4), "on\n"));
    let err = text(&output.stderr);
    let lines: Vec<_> = err.lines().filter(|line| line.contains(&port)).collect();
    assert_eq!(lines.len(), 1, "{err}");
    assert!(lines[0].contains("--port"), "{err}");

    let output = case.output(&["serve", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr).lines().count(), 1);
}

/// `haechi serve`, once it says where its dashboard is.
fn serving(case: &Case, port: &str) -> (Child, String) {
    let mut child = case.haechi(&["serve", "--port", port]).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    (child, line)
}

#[test]
fn a_second_haechi_on_one_folder_is_refused_and_told_of_the_first() {
    let case = Case::new();
    let port = free_port();
    let (mut first, line) = serving(&case, &port);
    assert!(line.contains(&format!("http://127.0.0.1:{port}/")), "{line}");
    let output = case.output(&["serve", "--port", &free_port()]);
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.contains(&format!("process {}", first.id())), "{err}");
    assert!(err.contains(&format!("127.0.0.1:{port}")), "{err}");

    // a program is run all the same
    let output = case.output(&["run", "--", "sh", "-c", "exit 6"]);
    assert_eq!(output.status.code(), Some(6));
    assert!(text(&output.stderr).contains(&format!("process {}", first.id())));

    let output = case.output(&["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let server = report["checks"].as_array().unwrap().iter().find(|c| c["name"] == "server");
    assert_eq!(server.unwrap()["state"], "ok", "{report}");

    kill(first.id(), "TERM");
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert!(!case.data().join("server.json").exists());
}

#[test]
fn settings_that_are_not_understood_are_refused_by_name() {
    let case = Case::new();
    std::fs::create_dir(case.data()).unwrap();
    std::fs::write(case.data().join("haechi.toml"), "prot = 5000\n").unwrap();
    for command in [&["serve"][..], &["run", "--", "true"]] {
        let output = case.output(command);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("prot"), "{}", text(&output.stderr));
    }
    std::fs::write(case.data().join("haechi.toml"), "").unwrap();
    let output = case.haechi(&["serve"]).env("HAECHI_PORT", "many").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("HAECHI_PORT"));
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let case = Case::new();
    std::fs::create_dir(case.data()).unwrap();
    let (file, variable, flag) = (free_port(), free_port(), free_port());
    std::fs::write(case.data().join("haechi.toml"), format!("port = {file}\n")).unwrap();
    let run = |arguments: &[&str], variable: Option<&str>| {
        let mut command = case.haechi(arguments);
        if let Some(port) = variable {
            command.env("HAECHI_PORT", port);
        }
        text(&command.output().unwrap().stderr)
    };
    assert!(run(&["run", "true"], None).contains(&format!(":{file}/")));
    assert!(run(&["run", "true"], Some(&variable)).contains(&format!(":{variable}/")));
    let err = run(&["run", "--port", &flag, "true"], Some(&variable));
    assert!(err.contains(&format!(":{flag}/")), "{err}");
}

#[test]
fn the_command_line_is_explained_and_mistakes_give_2() {
    let case = Case::new();
    let output = case.output(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    for command in ["run", "serve", "stats", "doctor", "version"] {
        assert!(text(&output.stdout).contains(command), "{command}");
    }
    assert_eq!(case.output(&["surprise"]).status.code(), Some(2));
    assert_eq!(case.output(&["run"]).status.code(), Some(2));
    let output = case.output(&["version"]);
    assert_eq!(text(&output.stdout), format!("haechi {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_doctor_fails_only_if_something_does() {
    let case = Case::new();
    case.install_python_part();
    let data = case.data();
    let output = case.output(&["doctor"]);
    let report = text(&output.stdout);
    // the native part here is an empty file
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("FAIL  python") || report.contains("warn  python"), "{report}");
    assert!(report.contains("warn  folder"), "{report}");
    assert!(!data.exists(), "the doctor made the data folder");
    std::fs::write(&data, "a file").unwrap();
    let report = text(&case.output(&["doctor"]).stdout);
    assert!(report.contains("FAIL  folder"), "{report}");
}

#[test]
fn statistics_of_nothing_say_so() {
    let case = Case::new();
    let output = case.output(&["stats"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("no requests were counted"));
    let output = case.output(&["stats", "nobody"]);
    assert_eq!(output.status.code(), Some(1));
    let output = case.output(&["stats", "--json"]);
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["apps"][0],
        serde_json::Value::Null
    );
}
