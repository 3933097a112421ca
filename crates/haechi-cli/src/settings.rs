//! Where each setting comes from: a flag, else the environment, else
//! `haechi.toml` in the data folder, else the default.

use crate::args::DataArgs;
use crate::error::CliError;
use crate::settings_file::{File, parse};
use haechi_event::redact::{RuleError, Rules, install};
use haechi_server::{DEFAULT_PORT, Settings};
use std::env;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const FILE: &str = "haechi.toml";
const FOLDER: &str = ".haechi";

/// What the server subcommands need.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) server: Settings,
    pub(crate) port: u16,
    /// Whether `haechi run` records what the program prints.
    pub(crate) output: bool,
}

/// `on` or `off`.
struct Switch(bool);

impl FromStr for Switch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "on" => Ok(Self(true)),
            "off" => Ok(Self(false)),
            _ => Err(()),
        }
    }
}

/// The data folder as an absolute path: programs change their folder.
///
/// # Errors
/// If the current folder is gone.
pub(crate) fn data_dir(args: &DataArgs) -> Result<PathBuf, CliError> {
    let from_env = || env::var_os("HAECHI_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let dir = args.data.clone().or_else(from_env).unwrap_or_else(|| PathBuf::from(FOLDER));
    std::path::absolute(dir).map_err(CliError::io("find the current folder"))
}

/// All settings. The folder's rules of redaction become those of this program,
/// which reads tickets that were written without them.
///
/// # Errors
/// [`CliError::Settings`] or [`CliError::Environment`] naming what is not understood.
pub(crate) fn choose(data: &DataArgs, port: Option<u16>) -> Result<Chosen, CliError> {
    let mut server = Settings::new(&data_dir(data)?);
    let file = read(&server.data_dir)?;
    let port =
        port.map_or_else(|| variable("HAECHI_PORT", "a port from 1 to 65535"), |p| Ok(Some(p)))?;
    let budget = variable("HAECHI_STORE_BUDGET_BYTES", "a number of bytes")?;
    let days = variable("HAECHI_KEEP_DAYS", "a number of days")?;
    if let Some(budget) = budget.or(file.store_budget_bytes) {
        server.store_budget_bytes = budget;
    }
    if let Some(days) = days.or(file.keep_days) {
        server.keep_days = days;
    }
    server.countries = file.traffic.countries.as_ref().map(|table| server.data_dir.join(table));
    let output = variable("HAECHI_OUTPUT", "on or off")?.map(|Switch(output)| output);
    let output = output.or(file.output).unwrap_or(true);
    install(rules_of(&file, &server.data_dir)?);
    Ok(Chosen { server, port: port.or(file.port).unwrap_or(DEFAULT_PORT), output })
}

/// What is cut out of what is recorded into the data folder.
///
/// # Errors
/// [`CliError::Settings`] naming what is not understood.
pub(crate) fn rules(data: &DataArgs) -> Result<Rules, CliError> {
    let data_dir = data_dir(data)?;
    rules_of(&read(&data_dir)?, &data_dir)
}

fn rules_of(file: &File, data_dir: &Path) -> Result<Rules, CliError> {
    let refused =
        |why: RuleError| CliError::Settings { file: data_dir.join(FILE), why: why.to_string() };
    file.redact.rules().map_err(refused)
}

fn read(data_dir: &Path) -> Result<File, CliError> {
    let file = data_dir.join(FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) => parse(&text).map_err(|why| CliError::Settings { file, why }),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(File::default())
        }
        Err(error) => Err(CliError::Settings { file, why: error.to_string() }),
    }
}

/// A variable that is unset or empty does not count.
fn variable<T: FromStr>(name: &'static str, wanted: &'static str) -> Result<Option<T>, CliError> {
    let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let value = value.to_string_lossy().into_owned();
    match value.parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(_) => Err(CliError::Environment { name, value, wanted }),
    }
}
