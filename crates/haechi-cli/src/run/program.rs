//! The watched program as a child: started in our process group with our
//! stdin, stdout and stderr, given our signals, waited for.

use crate::error::CliError;
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU,
    SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::exfiltrator::origin::Origin;
use signal_hook::low_level::emulate_default_handler;
use signal_hook::low_level::siginfo::Cause;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus};

/// Signals that are passed on. SIGTTIN and SIGTTOU change the number of
/// gunicorn's workers, others mean "read the settings again".
const PASSED_ON: [i32; 12] = [
    SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1,
    SIGUSR2, SIGWINCH,
];

/// How the program ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) pid: u32,
    pub(super) status: ExitStatus,
}

/// Starts the program and waits until it has ended.
///
/// # Errors
/// [`CliError::Start`] if it cannot be started.
pub(super) fn run(
    command: &[OsString],
    environment: Vec<(&'static str, OsString)>,
) -> Result<Ended, CliError> {
    let (program, arguments) =
        command.split_first().map_or((OsStr::new(""), &[][..]), |(p, rest)| (p.as_os_str(), rest));
    // before the start, so that none is missed; what we were told to ignore
    // (as by nohup) the program must find ignored too, and so we leave it alone
    let watched = PASSED_ON.into_iter().filter(|signal| !is_ignored(*signal));
    let mut signals = SignalsInfo::<WithOrigin>::new(watched.chain([SIGCHLD]))
        .map_err(CliError::io("listen for signals"))?;
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment)
        .spawn()
        .map_err(|source| CliError::Start { program: PathBuf::from(program), source })?;
    loop {
        if let Some(status) = child.try_wait().map_err(CliError::io("wait for the program"))? {
            return Ok(Ended { pid: child.id(), status });
        }
        for origin in signals.wait() {
            pass_on(&child, &origin);
        }
    }
}

/// What the terminal sends goes to every process of the group, so the program
/// has it already; what is sent to us alone it must get from us.
fn pass_on(child: &Child, origin: &Origin) {
    let signal = origin.signal;
    if signal == SIGCHLD {
        return;
    }
    if origin.cause != Cause::Kernel
        && let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
        && let Some(named) = rustix::process::Signal::from_named_raw(signal)
    {
        // it may have ended meanwhile; it is not waited for yet, so its pid is its own
        let _ = rustix::process::kill_process(pid, named);
    }
    if matches!(signal, SIGTSTP | SIGTTIN | SIGTTOU) && stops_us(origin) {
        // stop as well, or the shell waits for us instead of giving its prompt
        let _ = emulate_default_handler(signal);
    }
}

/// Sent by a person, SIGTTIN and SIGTTOU are messages to the program.
fn stops_us(origin: &Origin) -> bool {
    origin.signal == SIGTSTP || origin.cause == Cause::Kernel
}

fn is_ignored(signal: i32) -> bool {
    // SAFETY: all zero is a valid `sigaction`, and with a null new action the
    // call only writes the old one to where the pointer leads.
    let handler = unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &raw mut old) != 0 {
            return false;
        }
        old.sa_sigaction
    };
    handler == libc::SIG_IGN
}

/// Ends as the program did: with its code, or of the same signal, so that
/// whoever started us sees no difference.
pub(super) fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        // the program's core is the one that matters
        let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
        let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
        let _ = emulate_default_handler(signal);
        // a signal without a default that ends us: as a shell would put it
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(1));
    }
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
