use super::report::Check;
use haechi_server::ask::Moment;
use haechi_server::{CountryTable, Settings};

const NAME: &str = "countries";

/// Whether the table of addresses can be used. `None` if none is set.
pub(super) fn check(settings: &Settings) -> Option<Check> {
    let table = CountryTable::open(settings.countries.as_deref()?);
    let file = table.path().display().to_string();
    Some(match (table.facts(), table.trouble()) {
        (Some(facts), None) => {
            let built = Moment::from_ms(facts.built_s.saturating_mul(1000));
            Check::ok(NAME, format!("{} of {built}, {} bytes, {file}", facts.kind, facts.bytes))
        }
        (_, trouble) => {
            let found = trouble.unwrap_or_else(|| format!("{file} cannot be read"));
            Check::warn(NAME, found, "everything else is counted all the same")
        }
    })
}
