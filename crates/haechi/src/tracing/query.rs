//! Queries of `sqlx`, as it tells them by its events.

use crate::spans::label::Label;
use haechi_event::Part;
use std::fmt::Debug;
use std::time::Duration;
use tracing::Event;
use tracing::field::{Field, Visit};

/// The target of those events.
pub(super) const TARGET: &str = "sqlx::query";

const SUMMARY: u8 = 1;
const STATEMENT: u8 = 2;

/// A query that is over.
#[derive(Default)]
pub(super) struct Query {
    pub(super) label: Label,
    pub(super) elapsed: Duration,
    returned: u64,
    affected: u64,
    only_reads: bool,
}

impl Query {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut query = Self::default();
        query.label.part = Part::Db;
        event.record(&mut query);
        // for one that reads, some databases tell of what another one changed
        let affected = if query.only_reads { 0 } else { query.affected };
        query.label.rows = Some(if query.returned > 0 { query.returned } else { affected });
        query
    }
}

impl Visit for Query {
    fn record_str(&mut self, field: &Field, value: &str) {
        // a short statement stands in the summary only
        match field.name() {
            "db.statement" if !value.trim().is_empty() => {
                self.label.call(STATEMENT, format_args!("{}", value.trim()));
            }
            "summary" => {
                let verb = value.split_whitespace().next().unwrap_or_default();
                let is_it = |read: &&str| verb.eq_ignore_ascii_case(read);
                self.only_reads = ["select", "explain", "show", "pragma"].iter().any(is_it);
                self.label.call(SUMMARY, format_args!("{value}"));
            }
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "rows_returned" => self.returned = value,
            "rows_affected" => self.affected = value,
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
