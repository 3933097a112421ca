use crate::error::CliError;
use crate::say;
use std::process::ExitCode;

/// `haechi version`
pub(crate) fn version() -> Result<ExitCode, CliError> {
    say::answer(concat!("haechi ", env!("CARGO_PKG_VERSION")))
        .map_err(CliError::io("write the version"))?;
    Ok(ExitCode::SUCCESS)
}
