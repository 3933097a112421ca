use crate::args::ServeArgs;
use crate::error::CliError;
use crate::settings::choose;
use crate::{say, shutdown};
use haechi_server::{Server, loopback};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::process::ExitCode;

/// `haechi serve`: the server alone, until it is told to stop.
pub(crate) fn serve(args: &ServeArgs) -> Result<ExitCode, CliError> {
    let chosen = choose(&args.data, args.port)?;
    let mut signals =
        Signals::new([SIGINT, SIGTERM]).map_err(CliError::io("listen for signals"))?;
    let folder = chosen.server.data_dir.display().to_string();
    let mut server = Server::start(chosen.server)?;
    if let Some(trouble) = server.ask().countries_trouble() {
        say::line(&trouble);
    }
    let address = server.listen(loopback(chosen.port))?;
    say::line(&format!("dashboard at http://{address}/, data in {folder}"));
    signals.forever().next();
    shutdown::stop(server);
    Ok(ExitCode::SUCCESS)
}
