use crate::args::StatsArgs;
use crate::error::CliError;
use crate::say;
use crate::settings::data_dir;
use haechi::statistics::{self, Statistics};
use haechi_spool::board;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// The JSON form of all apps; one app alone is its [`Statistics`].
#[derive(Serialize)]
struct Apps {
    apps: Vec<Statistics>,
}

/// `haechi stats`: from the scoreboards, so it needs no server.
pub(crate) fn stats(args: &StatsArgs) -> Result<ExitCode, CliError> {
    let data_dir = data_dir(&args.data)?;
    let spool = data_dir.join("spool");
    let known = apps(&spool);
    let wanted = match &args.app {
        Some(app) if known.contains(app) => vec![app.clone()],
        Some(app) => return Err(unknown(app, &known, &data_dir)),
        None => known.into_iter().collect(),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    let collected: Vec<_> =
        wanted.iter().map(|app| Statistics::collect(&spool, app, now_ns)).collect();
    let answer = match (args.json, collected) {
        (true, mut one) if args.app.is_some() => one.pop().and_then(|one| json(&one)),
        (true, apps) => json(&Apps { apps }),
        (false, none) if none.is_empty() => Some(nothing_yet(&data_dir)),
        (false, apps) => Some(apps.iter().map(statistics::text).collect::<Vec<_>>().join("\n")),
    };
    say::answer(&answer.unwrap_or_default()).map_err(CliError::io("write the statistics"))?;
    Ok(ExitCode::SUCCESS)
}

/// Every app that any process, living or gone, has counted.
fn apps(spool: &Path) -> BTreeSet<String> {
    let boards = board::snapshots(spool);
    boards.into_iter().flat_map(|board| board.apps).map(|app| app.app).collect()
}

fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string_pretty(value).ok()
}

fn nothing_yet(data_dir: &Path) -> String {
    format!("no requests were counted in {} yet", data_dir.display())
}

fn unknown(app: &str, known: &BTreeSet<String>, data_dir: &Path) -> CliError {
    if known.is_empty() {
        return CliError::Nothing(nothing_yet(data_dir));
    }
    let known = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    CliError::Nothing(format!("no app named {app} was seen; there are {known}"))
}
