//! Which app's lines go to which file.

use crate::log_file::{LogFile, LogFileOptions};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};

/// Apps beyond this many get no file of their own.
const FILES_MAX: usize = 256;

/// The log files of a program's apps.
#[derive(Default)]
pub(crate) struct AppLogs {
    files: RwLock<HashMap<String, Arc<LogFile>>>,
}

impl AppLogs {
    /// Says where an app's lines go; the first word counts. If the table is
    /// being read this very moment by a thread that a fork left behind, it is
    /// left as it is and set by the next request.
    pub(crate) fn set(&self, app: &str, path: &Path) {
        if self.file(app).is_some() {
            return;
        }
        if let Ok(mut files) = self.files.try_write()
            && files.len() < FILES_MAX
        {
            let file = LogFile::new(path.to_path_buf(), LogFileOptions::default());
            files.entry(app.to_owned()).or_insert_with(|| Arc::new(file));
        }
    }

    pub(crate) fn file(&self, app: &str) -> Option<Arc<LogFile>> {
        self.files.try_read().ok()?.get(app).cloned()
    }

    /// Lines that could not be written to their file.
    pub(crate) fn dropped(&self) -> u64 {
        let Ok(files) = self.files.try_read() else { return 0 };
        files.values().map(|file| file.dropped()).sum()
    }
}

impl std::fmt::Debug for AppLogs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppLogs").finish_non_exhaustive()
    }
}
