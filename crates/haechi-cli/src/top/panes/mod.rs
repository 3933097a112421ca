//! What each pane makes of its answer: one file per pane.

mod inflight;
mod issues;
mod logs;
mod queries;
mod route;
mod routes;
mod split;
mod workers;

pub(super) use inflight::inflight;
pub(super) use issues::issues;
pub(super) use logs::logs;
pub(super) use queries::{QuerySort, queries};
pub(super) use route::{request_of, route};
pub(super) use routes::{RouteSort, key, routes, row_key};
pub(super) use split::split;
pub(super) use workers::workers;

/// Whether any of these texts has what is typed, in whatever case.
fn has(filter: &str, texts: &[&str]) -> bool {
    let filter = filter.to_lowercase();
    filter
        .split_whitespace()
        .all(|word| texts.iter().any(|text| text.to_lowercase().contains(word)))
}
