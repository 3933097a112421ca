//! The `haechi` program: one file per subcommand.
//!
//! Exit codes: 0 if all is well, 1 if something failed, 2 if the command line
//! or the settings were not understood. `haechi run` ends as its program does.

mod answers;
mod args;
mod doctor;
mod error;
mod found_words;
mod http;
mod issues;
mod log_line;
mod logs;
mod moment;
mod probe;
mod question;
mod releases;
mod run;
mod say;
mod serve;
mod settings;
mod settings_file;
mod shutdown;
mod source;
mod stats;
mod table;
mod terminal;
mod top;
mod version;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // help and version go to stdout and are no failure
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let done = match args.command {
        Command::Run(args) => run::run(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Stats(args) => stats::stats(&args),
        Command::Top(args) => top::top(&args),
        Command::Issues(args) => issues::issues(args),
        Command::Releases(args) => releases::releases(&args),
        Command::Logs(args) => logs::logs(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Version => version::version(),
    };
    done.unwrap_or_else(|error| {
        say::line(&error.to_string());
        error.exit_code()
    })
}
