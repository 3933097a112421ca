use super::log_search::LogSearch;
use haechi_store::{Logs, LogsQuery, Store, StoreError, StoredLog};
use std::time::{Duration, Instant};

/// Lines of one page that is looked through.
const PAGE: usize = 1000;
/// An answer is cut short after this; `next` goes on from there.
const WITHIN: Duration = Duration::from_secs(1);

/// What the store finds, without the lines of other routes and loggers: those
/// are no part of its query, so that its pages are looked through here.
pub(super) fn scan(
    store: &dyn Store,
    mut query: LogsQuery,
    search: &LogSearch,
) -> Result<Logs, StoreError> {
    if search.route.is_none() && search.logger.is_none() {
        return store.logs(&query);
    }
    let limit = std::mem::replace(&mut query.limit, PAGE);
    let deadline = Instant::now() + WITHIN;
    let mut logs = Vec::new();
    loop {
        let page = store.logs(&query)?;
        logs.extend(page.logs.into_iter().filter(|log| wanted(log, search)));
        if logs.len() >= limit {
            let has_more = logs.len() > limit || page.next.is_some();
            logs.truncate(limit);
            let next = logs.last().map(|log| log.id).filter(|_| has_more);
            return Ok(Logs { logs, next });
        }
        query.before = page.next;
        if page.next.is_none() || Instant::now() >= deadline {
            return Ok(Logs { logs, next: page.next });
        }
    }
}

fn wanted(log: &StoredLog, search: &LogSearch) -> bool {
    let same = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|w| w == found);
    same(&search.route, &log.route) && same(&search.logger, &log.logger)
}
