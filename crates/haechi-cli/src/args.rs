use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Watches over web apps: traffic, logs and exceptions, live and for any past
/// range, on your own machine.
#[derive(Debug, Parser)]
#[command(
    name = "haechi",
    version,
    max_term_width = 100,
    after_help = "Start with:  haechi run -- python web2py.py -a PASSWORD\n\
                  and open http://127.0.0.1:4240/"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a program and watch it, with the dashboard in the same command
    #[command(
        after_help = "The program is not changed: it gets stdin, stdout, stderr and signals \
        as if started without haechi, and its exit code is passed on. Programs that it starts are \
        watched too.\n\nExample:  haechi run -- gunicorn -w 2 wsgi:app"
    )]
    Run(RunArgs),
    /// Collect and show what programs record, until stopped
    #[command(after_help = "For programs started by `haechi run --no-server`, or that link the \
        haechi crate. Stops on SIGINT and SIGTERM.")]
    Serve(ServeArgs),
    /// Show the numbers of each app, of all its processes; needs no server
    Stats(StatsArgs),
    /// Check everything haechi needs and say what to do about what is wrong
    #[command(after_help = "Exits with 1 if anything fails.")]
    Doctor(DoctorArgs),
    /// Print the version
    Version,
}

/// Where the data is.
#[derive(Debug, clap::Args)]
pub(crate) struct DataArgs {
    /// The data folder [default: $HAECHI_DIR, else .haechi here]
    #[arg(long = "data", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// `haechi run`
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Port of the dashboard, on 127.0.0.1 [default: $HAECHI_PORT, else haechi.toml, else 4240]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Only record; another haechi collects now or later
    #[arg(long)]
    pub(crate) no_server: bool,
    /// The program and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CMD"
    )]
    pub(crate) command: Vec<OsString>,
}

/// `haechi serve`
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Port of the dashboard, on 127.0.0.1 [default: $HAECHI_PORT, else haechi.toml, else 4240]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
}

/// `haechi stats`
#[derive(Debug, clap::Args)]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Only this app
    #[arg(value_name = "APP")]
    pub(crate) app: Option<String>,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// `haechi doctor`
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_follows_the_program_is_the_programs() {
        for line in [
            "haechi run --port 5000 -- python app.py --port 1 --data x",
            "haechi run --port 5000 python app.py --port 1 --data x",
        ] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            let Command::Run(run) = args.command else { panic!("not run") };
            assert_eq!(run.port, Some(5000));
            assert_eq!(run.data.data, None);
            assert_eq!(run.command, ["python", "app.py", "--port", "1", "--data", "x"]);
        }
    }

    #[test]
    fn a_program_must_be_given_and_a_port_must_be_one() {
        assert!(Args::try_parse_from(["haechi", "run"]).is_err());
        assert!(Args::try_parse_from(["haechi", "serve", "--port", "0"]).is_err());
        assert!(Args::try_parse_from(["haechi", "serve", "--port", "70000"]).is_err());
    }
}
