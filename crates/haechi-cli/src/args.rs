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
    /// Watch live what happens: traffic, routes, requests in flight, log lines, issues, workers
    #[command(
        after_help = "`?` lists the keys. Without a running haechi the folder itself is read."
    )]
    Top(TopArgs),
    /// Show exceptions grouped by their cause, and decide about them
    #[command(after_help = "Without a command the open issues are listed.\n\n\
        Example:  haechi issues show 127.0.0.1.2026-11-23.06-00-00.b1c2")]
    Issues(IssuesArgs),
    /// List releases, and which routes became slower or fail more after one
    #[command(after_help = "Without --release the newest one is judged.")]
    Releases(ReleasesArgs),
    /// Search and follow log lines
    #[command(after_help = "QUERY is made of words, \"a phrase\", -not, prefix* and the filters \
        level: app: route: logger: after: before:\n\n\
        Example:  haechi logs -f 'level:error timeout'")]
    Logs(LogsArgs),
    /// Check everything haechi needs and say what to do about what is wrong
    #[command(after_help = "Exits with 1 if anything fails.\n\n\
        Example:  haechi doctor --redaction applications/your_app/logs/your_app.log")]
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
    /// Do not record what the program prints [default: $HAECHI_OUTPUT, else haechi.toml, else on]
    #[arg(long)]
    pub(crate) no_output: bool,
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

/// `haechi top`
#[derive(Debug, clap::Args)]
pub(crate) struct TopArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Ask the haechi at this port of 127.0.0.1 [default: the one that has the data folder]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Only this app
    #[arg(value_name = "APP")]
    pub(crate) app: Option<String>,
}

/// `haechi releases`
#[derive(Debug, clap::Args)]
pub(crate) struct ReleasesArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Only of this app
    #[arg(value_name = "APP")]
    pub(crate) app: Option<String>,
    /// The release to judge [default: the newest]
    #[arg(long, value_name = "NAME")]
    pub(crate) release: Option<String>,
    /// Releases at the most
    #[arg(short = 'n', value_name = "N", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// `haechi doctor`
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Only tell which secrets would be cut out of this file (- is stdin), and where; keeps nothing
    #[arg(long, value_name = "FILE")]
    pub(crate) redaction: Option<PathBuf>,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// `haechi issues`
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct IssuesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<IssuesCommand>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// What to do with issues.
#[derive(Debug, Subcommand)]
pub(crate) enum IssuesCommand {
    /// List issues, the latest first
    List(ListArgs),
    /// Show one issue, exception or request: by its id, a ticket or a trace id
    Show(OneArgs),
    /// Say that an issue is resolved; it is open again when it occurs again
    Resolve(ResolveArgs),
    /// Hide an issue, for ever or until a time or a count
    Ignore(IgnoreArgs),
    /// Open a resolved or ignored issue again
    Reopen(OneArgs),
    /// Group stored exceptions by the rules of this version; states are kept
    Regroup(RegroupArgs),
}

/// `haechi issues list`
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Only of this app
    #[arg(long)]
    pub(crate) app: Option<String>,
    /// open, resolved, ignored or all [default: open]
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Only seen since: a time, or -24h, -7d, -8w [default: -7d]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) since: Option<String>,
    /// Issues at the most
    #[arg(short = 'n', value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// `haechi issues show` and `reopen`
#[derive(Debug, clap::Args)]
pub(crate) struct OneArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Id of an issue, exception, request or trace, or a ticket
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// `haechi issues resolve`
#[derive(Debug, clap::Args)]
pub(crate) struct ResolveArgs {
    #[command(flatten)]
    pub(crate) one: OneArgs,
    /// The release that no longer has it
    #[arg(long)]
    pub(crate) release: Option<String>,
}

/// `haechi issues ignore`
#[derive(Debug, clap::Args)]
pub(crate) struct IgnoreArgs {
    #[command(flatten)]
    pub(crate) one: OneArgs,
    /// Until then: 24h, 7d, or a time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) until: Option<String>,
    /// Until it has occurred so many times more
    #[arg(long, value_name = "N")]
    pub(crate) events: Option<u64>,
}

/// `haechi issues regroup`
#[derive(Debug, clap::Args)]
pub(crate) struct RegroupArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// `haechi logs`
#[derive(Debug, clap::Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Go on with new lines as they are stored; needs a running haechi
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only of this app
    #[arg(long)]
    pub(crate) app: Option<String>,
    /// Only lines at least this grave: trace, debug, info, warn, error or fatal
    #[arg(long)]
    pub(crate) level: Option<String>,
    /// The newest N lines [default: 50, with -f 10]
    #[arg(short = 'n', value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) lines: Option<u32>,
    /// Lines with the same template as one pattern, most lines first; of the last
    /// 24 hours unless QUERY says after:
    #[arg(long, conflicts_with = "follow")]
    pub(crate) patterns: bool,
    /// As JSON, for programs; with -f one object per line
    #[arg(long)]
    pub(crate) json: bool,
    /// What to look for: words, "a phrase", prefix*, -not, level:error, app:,
    /// route:, logger:, pattern:, after:-2h, before:, any attribute as name:value
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
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

    #[test]
    fn issues_are_listed_unless_another_command_is_given() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        let Command::Issues(args) = parse("haechi issues --app shop --since -8w").unwrap().command
        else {
            panic!("not issues")
        };
        assert!(args.command.is_none());
        assert_eq!(args.list.app.as_deref(), Some("shop"));
        assert_eq!(args.list.since.as_deref(), Some("-8w"));
        let Command::Issues(args) = parse("haechi issues ignore 1 --until 7d").unwrap().command
        else {
            panic!("not issues")
        };
        assert!(matches!(args.command, Some(IssuesCommand::Ignore(_))));
        assert!(parse("haechi issues --app shop list").is_err());
        assert!(parse("haechi issues show").is_err());
    }

    #[test]
    fn flags_may_stand_before_and_after_what_to_look_for() {
        let line = ["haechi", "logs", "-f", "-n", "5", "level:error -test", "time*", "--json"];
        let Command::Logs(args) = Args::try_parse_from(line).unwrap().command else {
            panic!("not logs")
        };
        assert!(args.follow && args.json);
        assert_eq!(
            (args.lines, args.query.join(" ").as_str()),
            (Some(5), "level:error -test time*")
        );
    }
}
