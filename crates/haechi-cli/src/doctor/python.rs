use super::report::Check;
use crate::run::Library;
use rustix::process::{Pid, Signal, kill_process};
use std::io::ErrorKind;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

const NAME: &str = "python";
/// A Python that takes longer to start has another trouble.
const WITHIN: Duration = Duration::from_secs(10);
/// Loads the native part and says which Python did.
const LOAD: &str = "import sys; sys.path.insert(0, sys.argv[1]); import haechi._native; \
    print(sys.version.split()[0])";

/// Whether the first Python on the path can load the native part.
pub(super) fn check() -> Check {
    let Some(library) = Library::expected() else {
        return Check::fail(NAME, "this program cannot find itself", "set HAECHI_LIB");
    };
    if let Some(file) = library.missing() {
        return Check::fail(
            NAME,
            format!("{} is missing: Python programs run unwatched", file.display()),
            "run `make build`, or set HAECHI_LIB to the folder lib/haechi of an installation",
        );
    }
    let mut command = Command::new("python3");
    command.args(["-I", "-c", LOAD]).arg(library.python());
    match output(command) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Check::warn(NAME, "there is no python3 on the path", "nothing, if you need none")
        }
        Err(error) => Check::fail(NAME, format!("python3: {error}"), "see whether python3 runs"),
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            Check::ok(NAME, format!("CPython {version} loads {}", library.folder.display()))
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.trim().lines().last().unwrap_or("it said nothing").to_owned();
            Check::fail(NAME, last, "use CPython 3.9 or newer of this machine's kind")
        }
    }
}

/// What the command prints, unless it takes too long.
fn output(mut command: Command) -> std::io::Result<Output> {
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (send, ended) = channel();
    std::thread::Builder::new().spawn(move || send.send(child.wait_with_output()))?;
    ended.recv_timeout(WITHIN).unwrap_or_else(|_| {
        // its thread has not waited for it yet, so the pid is still its own
        let _ = pid.map(|pid| kill_process(pid, Signal::KILL));
        Err(ErrorKind::TimedOut.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_prints_is_given_back() {
        let mut command = Command::new("echo");
        command.arg("hello");
        assert_eq!(output(command).unwrap().stdout, b"hello\n");
        let missing = output(Command::new("there-is-no-such-program")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }
}
