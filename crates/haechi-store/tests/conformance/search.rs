//! Full-text search of log lines.

use crate::Fresh;
use crate::generate::{
    APPS, DAY_MS, FIRST_DAY_MS, KEYS, Owned, OwnedLog, ROUTES, Random, VALUES, WORDS, What, batch,
    records,
};
use crate::naive::{Naive, is_same_log};
use haechi_event::{AttributesWriter, Severity};
use haechi_store::{LogCondition, LogFilter, LogHistogramQuery, LogMatcher, LogsQuery, StoreError};

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
    for (text, place) in [("ok \"open", 3), ("- **", 0), ("   ", 0)] {
        match store.logs(&query(text)) {
            Err(StoreError::BadQuery { field: "q", position, message }) => {
                assert_eq!(position, place, "{message}");
            }
            other => panic!("{text:?} gave {other:?}"),
        }
    }
}

fn condition(random: &mut Random) -> LogCondition {
    let is = match random.below(5) {
        0 => LogFilter::Severity(Severity::ALL[random.below(6) as usize]),
        1 => LogFilter::App(random.pick(&APPS).to_owned()),
        2 => LogFilter::Route(random.pick(&ROUTES).to_owned()),
        3 => LogFilter::Logger(random.pick(&["", "root", "web2py.app.shop"]).to_owned()),
        _ => LogFilter::Attribute {
            key: random.pick(&KEYS).to_owned(),
            value: random.pick(&VALUES).to_owned(),
        },
    };
    LogCondition { not: random.one_in(3), is }
}

/// A search with up to three conditions and perhaps a word, and what the word is.
fn any_search(random: &mut Random) -> (LogsQuery, Option<(String, bool)>) {
    let word = random.one_in(2).then(|| (random.pick(&WORDS).to_owned(), random.one_in(3)));
    let text =
        word.as_ref().map(|(word, not)| format!("{}\"{word}\"", if *not { "-" } else { "" }));
    let conditions = (0..random.below(4)).map(|_| condition(random)).collect();
    let from_ms = FIRST_DAY_MS + random.below(4 * DAY_MS);
    let to_ms = from_ms + random.below(3 * DAY_MS);
    (LogsQuery { text, conditions, from_ms, to_ms, limit: 10_000, ..LogsQuery::default() }, word)
}

#[test]
fn filters_also_negated_ones_find_what_a_recount_finds() {
    let mut random = Random::seeded(13);
    let fresh = Fresh::new();
    let records = records(&mut random, 4000);
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let naive = Naive { records: &records };
    let mut found = 0;
    for _ in 0..200 {
        let (query, word) = any_search(&mut random);
        let passes = |log: &OwnedLog| {
            word.as_ref().is_none_or(|(word, not)| occurs(log, word, false) != *not)
        };
        let exact = naive.matching_logs(&query, passes);
        let got = store.logs(&query).unwrap();
        assert_eq!((got.logs.len(), got.next), (exact.len(), None), "{query:?}");
        for log in &got.logs {
            assert!(exact.iter().any(|(owned, want)| is_same_log(log, owned, want)), "{query:?}");
        }
        found += got.logs.len();
    }
    assert!(found > 1000, "{found}");
}

#[test]
fn one_line_alone_matches_exactly_when_the_store_finds_it() {
    let mut random = Random::seeded(14);
    let fresh = Fresh::new();
    let records = records(&mut random, 1500);
    let store = fresh.open();
    let appended = store.append(&batch(&records)).unwrap();
    let naive = Naive { records: &records };
    let logs: Vec<&OwnedLog> = naive.logs().map(|(_, log)| log).collect();
    assert_eq!(appended.logs.len(), logs.len());
    for round in 0..150 {
        let (mut query, _) = any_search(&mut random);
        (query.from_ms, query.to_ms) = (0, u64::MAX / 2);
        if random.one_in(3) {
            let words = (0..1 + random.below(3)).map(|_| {
                let word = random.pick(&WORDS);
                let cut =
                    if random.one_in(3) { &word[..1 + random.below(2) as usize] } else { word };
                let star = if cut.len() < word.len() { "*" } else { "" };
                format!("{}{cut}{star}", if random.one_in(4) { "-" } else { "" })
            });
            query.text = Some(words.collect::<Vec<_>>().join(" "));
        }
        if random.one_in(4) {
            let one = appended.logs[random.below(appended.logs.len() as u64) as usize];
            query
                .conditions
                .push(LogCondition { not: random.one_in(2), is: LogFilter::Pattern(one.pattern) });
        }
        let mut matcher = LogMatcher::new(&query).unwrap();
        let mut want: Vec<_> = store.logs(&query).unwrap().logs.iter().map(|log| log.id).collect();
        want.sort_unstable();
        let mut got: Vec<_> = appended
            .logs
            .iter()
            .zip(&logs)
            .filter(|(stored, log)| matcher.matches(&log.log(), stored.pattern).unwrap())
            .map(|(stored, _)| stored.id)
            .collect();
        got.sort_unstable();
        assert_eq!(got, want, "{round}: {query:?}");
    }
}

#[test]
fn a_histogram_counts_every_line_that_is_found_in_its_minute() {
    let mut random = Random::seeded(15);
    let fresh = Fresh::new();
    let records = records(&mut random, 4000);
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let naive = Naive { records: &records };
    let mut counted = 0;
    for _ in 0..80 {
        let (lines, word) = any_search(&mut random);
        let step_s = [300, 3600, 86_400, 420][random.below(4) as usize];
        let passes = |log: &OwnedLog| {
            word.as_ref().is_none_or(|(word, not)| occurs(log, word, false) != *not)
        };
        let query = LogHistogramQuery { lines, step_s };
        let got = store.log_histogram(&query).unwrap();
        assert_eq!(got.counted_from_ms, got.from_ms, "a small store is counted whole");
        let whole = LogsQuery { from_ms: got.from_ms, to_ms: got.to_ms, ..query.lines.clone() };
        let mut want = std::collections::BTreeMap::new();
        for (_, log) in naive.matching_logs(&whole, passes) {
            let time_s = log.time_unix_ns / 1_000_000_000 / step_s * step_s;
            let rank = Severity::ALL.iter().position(|s| *s == log.severity).unwrap();
            want.entry(time_s).or_insert([0; 6])[rank] += 1;
        }
        let got = got.points.iter().filter(|point| point.lines != [0; 6]);
        let got: std::collections::BTreeMap<_, _> =
            got.map(|point| (point.time_s, point.lines)).collect();
        assert_eq!(got, want, "{query:?}");
        counted += got.len();
    }
    assert!(counted > 100, "{counted}");
}

#[test]
fn as_many_filters_as_are_accepted_are_answered() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let mut random = Random::seeded(17);
    store.append(&batch(&records(&mut random, 100))).unwrap();
    for not in [false, true] {
        let with = |count: usize| {
            let is = |n: usize| LogFilter::Attribute { key: "k".into(), value: n.to_string() };
            let text = Some("-x ".repeat(32));
            let conditions = (0..count).map(|n| LogCondition { not, is: is(n) }).collect();
            store.logs(&LogsQuery { conditions, text, ..query("") })
        };
        assert_eq!(with(64).unwrap().logs.is_empty(), !not);
        assert!(matches!(with(65), Err(StoreError::BadQuery { field: "q", .. })));
    }
}

#[test]
fn lines_of_a_request_are_searched_too() {
    let mut random = Random::seeded(16);
    let fresh = Fresh::new();
    let records = records(&mut random, 2000);
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let naive = Naive { records: &records };
    let mut found = 0;
    for (_, log) in naive.logs().filter(|(_, log)| log.request_id.as_u64() != 0) {
        let word = random.pick(&WORDS);
        let query = LogsQuery { request: Some(log.request_id), ..query(word) };
        let want = naive.matching_logs(&query, |log| occurs(log, word, false)).len();
        assert_eq!(store.logs(&query).unwrap().logs.len(), want);
        found += want;
    }
    assert!(found > 10, "{found}");
}

/// Lines of which so many have an attribute, and every third a word.
#[test]
fn an_attribute_with_a_word_is_found_page_by_page_however_many_lines_have_it() {
    let line = |n: u64| {
        let mut attributes = AttributesWriter::default();
        let user = if n.is_multiple_of(2) { "7" } else { "8" };
        attributes.push("user", user);
        OwnedLog {
            time_unix_ns: (FIRST_DAY_MS + n * 40_000) * 1_000_000,
            app: "shop".into(),
            message: format!(
                "line {n} {}",
                if n.is_multiple_of(3) { "Payment żółć" } else { "shipped" }
            ),
            attributes: attributes.as_bytes().to_vec(),
            ..OwnedLog::default()
        }
    };
    let records: Vec<Owned> = (0..4000)
        .map(|n| Owned {
            segment: "s".into(),
            pid: 1,
            end: n + 1,
            sequence: n as u32 + 1,
            what: What::Log(line(n)),
        })
        .collect();
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    for (text, every) in [("payment", 6), ("-shipped", 6), ("nowhere", 0), ("\"line\"", 2)] {
        let user = LogFilter::Attribute { key: "user".into(), value: "7".into() };
        let mut asked = LogsQuery { limit: 70, ..query(text) };
        asked.conditions.push(LogCondition { not: false, is: user });
        let mut found = Vec::new();
        loop {
            let page = store.logs(&asked).unwrap();
            found.extend(page.logs.iter().map(|log| log.message.clone()));
            asked.before = page.next;
            if asked.before.is_none() {
                break;
            }
        }
        let is_one = |n: &u64| every > 0 && n.is_multiple_of(every);
        let want: Vec<String> = (0..4000).rev().filter(is_one).map(|n| line(n).message).collect();
        assert_eq!(found, want, "{text}");
    }
}
