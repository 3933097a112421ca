//! `haechi doctor`: looks at everything haechi needs, changes nothing of it,
//! and says what to do about what is wrong. One file per thing looked at.

mod countries;
mod folder;
mod python;
mod recorders;
mod redaction;
mod report;
mod server;
mod spool;
mod store;
mod tickets;

use crate::args::DoctorArgs;
use crate::error::CliError;
use crate::say;
use crate::settings::{choose, data_dir};
use report::{Check, Report};
use std::process::ExitCode;

/// `haechi doctor`
pub(crate) fn doctor(args: &DoctorArgs) -> Result<ExitCode, CliError> {
    if let Some(file) = &args.redaction {
        return redaction::dry_run(args, file);
    }
    let data_dir = data_dir(&args.data)?;
    let mut report = Report::default();
    report.add(Check::ok("version", format!("haechi {}", env!("CARGO_PKG_VERSION"))));
    let chosen = match choose(&args.data, None) {
        Ok(chosen) => {
            report.add(Check::ok("settings", "understood"));
            Some(chosen)
        }
        Err(error) => {
            report.add(Check::fail("settings", error.to_string(), "correct it"));
            None
        }
    };
    report.add(folder::check(&data_dir));
    report.add(spool::check(&data_dir));
    report.add(recorders::check(&data_dir));
    let running = server::running(&data_dir);
    report.add(store::check(&data_dir, running.as_ref()));
    let table = chosen.as_ref().and_then(|chosen| countries::check(&chosen.server));
    table.into_iter().for_each(|check| report.add(check));
    let port = chosen.as_ref().map(|chosen| chosen.port);
    report.add(server::check(running.as_ref(), port));
    let tickets = chosen.and_then(|chosen| tickets::check(&chosen.server, running.as_ref()));
    tickets.into_iter().for_each(|check| report.add(check));
    report.add(python::check());
    let text = if args.json { report.json() } else { report.text() };
    say::answer(&text).map_err(CliError::io("write the report"))?;
    Ok(ExitCode::from(u8::from(report.fails())))
}
