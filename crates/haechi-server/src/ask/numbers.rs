//! Numbers as answers give them: milliseconds with three decimals.

use haechi_store::Totals;

/// Nanoseconds as milliseconds.
pub(crate) fn ms(ns: f64) -> f64 {
    (ns / 1e3).round() / 1e3
}

/// Nanoseconds that may be unknown.
pub(crate) fn ms_of(ns: Option<f64>) -> Option<f64> {
    ns.map(ms)
}

/// The longest duration; `None` without requests.
pub(crate) fn max_ms(totals: &Totals) -> Option<f64> {
    (totals.requests > 0).then(|| ms(totals.max_ns as f64))
}

/// Rounded to three decimals, for rates and shares.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
