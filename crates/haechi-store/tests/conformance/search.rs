//! Full-text search of log lines.

use crate::Fresh;
use crate::generate::{DAY_MS, FIRST_DAY_MS, OwnedLog, Random, WORDS, batch, records};
use crate::naive::Naive;
use haechi_store::{LogsQuery, StoreError};

fn query(text: &str) -> LogsQuery {
    LogsQuery {
        text: Some(text.to_owned()),
        to_ms: FIRST_DAY_MS + 9 * DAY_MS,
        limit: 10_000,
        ..LogsQuery::default()
    }
}

/// Words as the store's documentation means them: letters and digits.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether the words of `phrase` follow each other in the line or its traceback.
fn occurs(log: &OwnedLog, phrase: &str, prefix: bool) -> bool {
    let phrase = words(phrase);
    [&log.message, &log.exception].into_iter().any(|text| {
        words(text).windows(phrase.len()).any(|window| {
            let (last, rest) = phrase.split_last().unwrap();
            let (have_last, have) = window.split_last().unwrap();
            have == rest && (have_last == last || prefix && have_last.starts_with(last.as_str()))
        })
    })
}

#[test]
fn words_phrases_prefixes_and_nots_find_what_a_recount_finds() {
    let mut random = Random::seeded(11);
    let fresh = Fresh::new();
    let records = records(&mut random, 4000);
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let naive = Naive { records: &records };
    for _ in 0..120 {
        let (mut text, mut terms) = (String::new(), Vec::new());
        for index in 0..1 + random.below(3) {
            let word = match random.below(3) {
                0 => format!("{} {}", random.pick(&WORDS), random.pick(&WORDS)),
                _ => random.pick(&WORDS).to_owned(),
            };
            let not = index > 0 && random.one_in(3);
            let prefix = random.one_in(3);
            let cut = if prefix { &word[..word.len() - 1] } else { word.as_str() };
            let (minus, star) = (if not { "-" } else { "" }, if prefix { "*" } else { "" });
            text.push_str(&format!(" {minus}\"{cut}\"{star}"));
            terms.push((cut.to_owned(), not, prefix));
        }
        let query = query(&text);
        let passes = |log: &OwnedLog| {
            terms.iter().all(|(word, not, prefix)| occurs(log, word, *prefix) != *not)
        };
        let exact = naive.matching_logs(&query, passes);
        let got = store.logs(&query).unwrap().logs;
        assert_eq!(got.len(), exact.len(), "{text}");
        for log in got {
            assert!(exact.iter().any(|(_, want)| want.message == log.message), "{text}: {log:?}");
        }
    }
}

#[test]
fn case_does_not_count_and_tracebacks_are_searched() {
    let mut random = Random::seeded(12);
    let fresh = Fresh::new();
    let records = records(&mut random, 400);
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let naive = Naive { records: &records };
    let with = naive.logs().filter(|(_, log)| log.exception.contains("ValueError")).count();
    assert!(with > 0);
    assert_eq!(store.logs(&query("valueERROR")).unwrap().logs.len(), with);
    assert_eq!(store.logs(&query("valueerr*")).unwrap().logs.len(), with);
    assert_eq!(store.logs(&query("valueerr")).unwrap().logs.len(), 0);
}

#[test]
fn a_search_that_cannot_be_understood_names_the_field_and_the_place() {
    let fresh = Fresh::new();
    let store = fresh.open();
    for (text, place) in [("ok \"open", 3), ("-only", 0), ("   ", 0)] {
        match store.logs(&query(text)) {
            Err(StoreError::BadQuery { field: "q", position, message }) => {
                assert_eq!(position, place, "{message}");
            }
            other => panic!("{text:?} gave {other:?}"),
        }
    }
}
