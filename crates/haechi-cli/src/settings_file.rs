//! What may stand in `haechi.toml`.

use haechi::{HeaderSettings, RedactSettings, SlowSettings};
use serde::Deserialize;
use std::path::PathBuf;

/// All that may stand in `haechi.toml`. Anything else is refused by name.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Port of the dashboard. Default 4240.
    pub(crate) port: Option<u16>,
    /// Bytes of stored data; the oldest days go first. Default 5,000,000,000.
    pub(crate) store_budget_bytes: Option<u64>,
    /// Days of single requests and log lines; 0 keeps all the budget allows.
    /// Default 0.
    pub(crate) keep_days: Option<u32>,
    /// Whether `haechi run` records what a program prints. Default true.
    pub(crate) output: Option<bool>,
    /// What is cut out of what is recorded, on top of the standard rules. Read
    /// by the watched programs when they start.
    #[serde(default)]
    pub(crate) redact: RedactSettings,
    /// From when on a request is slow, and how often it is looked at then. Read
    /// by the watched programs when they start.
    #[serde(default)]
    pub(crate) slow: SlowSettings,
    /// Whether headers of requests that fail or are slow are kept. Read by the
    /// watched programs when they start.
    #[serde(default)]
    pub(crate) headers: HeaderSettings,
    /// How traffic is counted. Read by the server when it starts.
    #[serde(default)]
    pub(crate) traffic: TrafficSettings,
}

/// The table `[traffic]`. Anything else in it is refused by name.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrafficSettings {
    /// A table of addresses in MaxMind's format, from the data folder on or
    /// absolute. Default none, and countries are not counted.
    pub(crate) countries: Option<PathBuf>,
}

/// Reads the text of the file.
///
/// # Errors
/// What is not understood and in which line, in one line.
pub(crate) fn parse(text: &str) -> Result<File, String> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line =
            error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
        format!("{}{place}", error.message())
    })?;
    file.redact.rules().map_err(|error| error.to_string())?;
    file.slow.check()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settings_file_is_read() {
        let file = parse("port = 5000\nkeep_days = 30\noutput = false\n").unwrap();
        let expected =
            File { port: Some(5000), keep_days: Some(30), output: Some(false), ..File::default() };
        assert_eq!(file, expected);
    }

    #[test]
    fn an_unknown_setting_is_refused_by_its_name() {
        let why = parse("port = 5000\nprot = 1\n").unwrap_err();
        assert!(why.contains("prot"), "{why}");
        assert!(why.contains("line"), "{why}");
        assert!(parse("port = 70000").is_err());
        assert!(parse("port = ").is_err());
    }

    #[test]
    fn what_counts_as_slow_is_read_and_nonsense_refused() {
        assert_eq!(parse("[slow]\nafter_ms = 70\n").unwrap().slow.after_ms, Some(70));
        assert!(parse("[slow]\nevery_ms = 5\n").unwrap_err().contains("every_ms"));
        assert!(parse("[slow]\nevery = 5\n").unwrap_err().contains("every"));
    }

    #[test]
    fn a_table_of_countries_is_named() {
        let named = parse("[traffic]\ncountries = 'a.mmdb'\n").unwrap().traffic.countries;
        assert_eq!(named, Some(PathBuf::from("a.mmdb")));
        assert!(parse("[traffic]\ncountry = 'a'\n").unwrap_err().contains("country"));
        assert!(parse("[traffic]\ncountries = 7\n").is_err());
    }

    #[test]
    fn whether_headers_are_kept_is_read() {
        assert!(!parse("[headers]\nkeep = false\n").unwrap().headers.keep);
        assert!(parse("port = 1\n").unwrap().headers.keep);
        assert!(parse("[headers]\nkeeps = false\n").unwrap_err().contains("keeps"));
    }

    #[test]
    fn rules_of_redaction_are_read_and_bad_ones_refused() {
        let file = parse("[redact]\nkeys = ['internal_ref']\n").unwrap();
        assert_eq!(file.redact.keys, ["internal_ref"]);
        for (bad, named) in
            [("keyz = []", "keyz"), ("patterns = ['a[']", "a["), ("keys = ['-']", "-")]
        {
            let why = parse(&format!("[redact]\n{bad}\n")).unwrap_err();
            assert!(why.contains(named), "{why}");
        }
    }
}
