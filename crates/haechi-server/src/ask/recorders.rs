use crate::versions::Compared;
use haechi_spool::board::BoardSnapshot;
use serde::Serialize;
use utoipa::ToSchema;

/// Processes that are told one by one.
const MOST: usize = 100;

/// A running process that records.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecorderRow {
    /// The process.
    pub pid: u32,
    /// What the program calls itself.
    pub program: String,
    /// `service.name` of all apps it has recorded for.
    pub apps: Vec<String>,
    /// Version of Haechi in it; null if it is from before that was told.
    pub version: Option<String>,
    /// That against this server's: `older`, `same`, `newer`, or `other`.
    pub compared: &'static str,
    /// What it runs on, as in `CPython 3.13.1, web2py 3.3.3`; null if not known.
    pub runtime: Option<String>,
}

/// The processes that run, those of another version first, at most 100.
pub(super) fn recorder_rows(boards: &[BoardSnapshot]) -> Vec<RecorderRow> {
    let mut running: Vec<_> = boards
        .iter()
        .filter(|board| board.running)
        .map(|board| (Compared::of(&board.recorder), board))
        .collect();
    running.sort_by_key(|(compared, board)| (*compared, board.pid));
    let known = |text: &String| (!text.is_empty()).then(|| text.clone());
    let row = |(compared, board): (Compared, &BoardSnapshot)| RecorderRow {
        pid: board.pid,
        program: board.program.clone(),
        apps: board.apps.iter().map(|app| app.app.clone()).collect(),
        version: known(&board.recorder),
        compared: compared.name(),
        runtime: known(&board.runtime),
    };
    running.into_iter().take(MOST).map(row).collect()
}
