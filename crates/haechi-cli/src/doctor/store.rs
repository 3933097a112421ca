use super::report::Check;
use super::server::Running;
use haechi_server::FolderLock;
use haechi_store::{Options, SqliteStore, Store};
use std::path::Path;

const NAME: &str = "store";

/// The store: whether it opens. While a server has it, only that server does.
pub(super) fn check(data_dir: &Path, running: Option<&Running>) -> Check {
    if let Some(running) = running {
        return Check::ok(NAME, format!("in use by process {}", running.pid));
    }
    if !data_dir.join("haechi.db").is_file() {
        return Check::ok(NAME, "empty: nothing was stored yet");
    }
    let lock = match FolderLock::take(data_dir) {
        Ok(lock) => lock,
        Err(error) => return Check::fail(NAME, error.to_string(), "see the line on the folder"),
    };
    let size = SqliteStore::open(data_dir, Options::default()).and_then(|store| store.size());
    drop(lock);
    match size {
        Err(error) => Check::fail(
            NAME,
            error.to_string(),
            "check that the disk has room; else move haechi.db and days/ away, they are kept",
        ),
        Ok(size) => {
            let text = format!(
                "opens: {} requests and {} log lines, {} days in full, {:.1} MB",
                size.requests,
                size.logs,
                size.days,
                size.bytes as f64 / 1e6
            );
            if size.quarantine_bytes > 0 {
                let text =
                    format!("{text}, {:.1} MB set aside", size.quarantine_bytes as f64 / 1e6);
                let way_out = format!("look into {}", data_dir.join("quarantine").display());
                return Check::warn(NAME, text, way_out);
            }
            Check::ok(NAME, text)
        }
    }
}
