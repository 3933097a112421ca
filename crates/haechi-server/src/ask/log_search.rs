use super::patterns::parse_pattern_id;
use super::{Moment, Range, parse_moment};
use crate::ServerError;
use haechi_event::Severity;
use haechi_store::{LogCondition, LogFilter};

/// What a person types to find log lines, taken apart. Words, `"a phrase"`,
/// `-not`, `prefix*` are left to the store; `level:`, `app:`, `route:`,
/// `logger:`, `pattern:`, `after:`, `before:` and any other name with a value
/// directly behind it (`order_id:4711`: an attribute) are understood here. A `-`
/// before one excludes it. A value with blanks stands in quotes
/// (`route:"GET /a b"`).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LogSearch {
    /// What must be true of a line, and where that stands.
    pub(super) conditions: Vec<Placed<LogCondition>>,
    /// Only lines from this moment on, and where it stands.
    after: Option<Placed<Moment>>,
    /// Only lines before this moment, and where it stands.
    before: Option<Placed<Moment>>,
    /// What is left, with blanks in place of the filters, so that a place in it
    /// is a place in the whole.
    words: String,
}

/// A value and the byte it begins at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// One filter as written: `key:value` from `start` to `end`.
struct Term<'t> {
    not: bool,
    key: Key<'t>,
    value: &'t str,
    start: usize,
    /// Where the value begins.
    at: usize,
    end: usize,
}

/// What stands before the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key<'t> {
    Known(&'static str),
    Attribute(&'t str),
}

const KEYS: [&str; 7] = ["level", "app", "route", "logger", "pattern", "after", "before"];

impl LogSearch {
    /// # Errors
    /// [`ServerError::Input`] for `q`, with the place of the mistake.
    pub(super) fn parse(text: &str, now: Moment) -> Result<Self, ServerError> {
        let mut search = Self { words: text.to_owned(), ..Self::default() };
        let mut at = 0;
        while let Some(offset) = text[at..].find(|c: char| !c.is_whitespace()) {
            at += offset;
            let Some(term) = Term::read(text, at)? else {
                at = end_of_word(text, at);
                continue;
            };
            search.set(text, &term, now)?;
            search.words.replace_range(term.start..term.end, &" ".repeat(term.end - term.start));
            at = term.end;
        }
        Ok(search)
    }

    /// The words for the store; `None` if there were only filters.
    pub(super) fn words(&self) -> Option<&str> {
        Some(self.words.as_str()).filter(|words| !words.trim().is_empty())
    }

    /// Words and phrases that are found in every line, for showing where; one
    /// that goes on ends with `*`.
    pub(super) fn found_words(&self) -> Vec<String> {
        let text = &self.words;
        let (mut words, mut at) = (Vec::new(), 0);
        while let Some(offset) = text[at..].find(|c: char| !c.is_whitespace()) {
            let start = at + offset;
            at = end_of_word(text, start);
            if text[at..].starts_with('*') {
                at += 1;
            }
            let word = &text[start..at];
            if !word.starts_with('-') && word.contains(char::is_alphanumeric) {
                words.push(word.replace('"', ""));
            }
        }
        words
    }

    fn set(&mut self, text: &str, term: &Term<'_>, now: Moment) -> Result<(), ServerError> {
        let Term { not, value, at, .. } = *term;
        let owned = value.to_owned();
        let is = match term.key {
            Key::Known("level") => LogFilter::Severity(level(text, term)?),
            Key::Known("app") => LogFilter::App(owned),
            Key::Known("route") => LogFilter::Route(owned),
            Key::Known("logger") => LogFilter::Logger(owned),
            Key::Known("pattern") => {
                LogFilter::Pattern(parse_pattern_id(value).ok_or_else(|| {
                    bad(text, at, "pattern must be the 16 hexadecimal digits of a pattern's id")
                })?)
            }
            Key::Known(key) => return self.set_time(text, key, term, now),
            Key::Attribute(key) => LogFilter::Attribute { key: key.to_owned(), value: owned },
        };
        let same = |other: &Placed<LogCondition>| {
            let kind = std::mem::discriminant::<LogFilter>;
            kind(&other.value.is) == kind(&is) && !other.value.not
        };
        if let (Key::Known(key), false) = (term.key, not)
            && self.conditions.iter().any(same)
        {
            return Err(twice(text, key, term));
        }
        self.conditions.push(Placed { value: LogCondition { not, is }, at });
        Ok(())
    }

    fn set_time(
        &mut self,
        text: &str,
        key: &str,
        term: &Term<'_>,
        now: Moment,
    ) -> Result<(), ServerError> {
        if term.not {
            let message = format!("{key}: cannot be excluded; leave the - out");
            return Err(bad(text, term.start, &message));
        }
        let place = if key == "after" { &mut self.after } else { &mut self.before };
        if place.replace(moment(text, key, term, now)?).is_some() {
            return Err(twice(text, key, term));
        }
        Ok(())
    }

    /// The range asked for (if it was: `given`), narrowed by `after:` and
    /// `before:`. Without a given one they alone decide: from the beginning, up
    /// to now.
    ///
    /// # Errors
    /// [`ServerError::Input`] for `q` if nothing is left of it.
    pub(super) fn narrow(
        &self,
        text: &str,
        range: Range,
        given: bool,
    ) -> Result<Range, ServerError> {
        let (after, before) = (self.after.as_ref(), self.before.as_ref());
        let from = match (after, before) {
            (Some(after), _) if given => range.from.max(after.value),
            (Some(after), _) => after.value,
            (None, Some(_)) if !given => Moment::from_ms(0),
            _ => range.from,
        };
        let to = before.map_or(range.to, |before| range.to.min(before.value));
        if from < to {
            return Ok(Range { from, to });
        }
        let at = after.or(before).map_or(0, |placed| placed.at);
        Err(bad(text, at, "no time is left between the begin and the end of the search"))
    }
}

impl<'t> Term<'t> {
    /// The filter that begins at `start`; `None` if a word or phrase does.
    fn read(text: &'t str, start: usize) -> Result<Option<Self>, ServerError> {
        let not = text[start..].starts_with('-');
        let begin = start + usize::from(not);
        let Some((name, after)) = text[begin..].split_once(':') else { return Ok(None) };
        let known = KEYS.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        let key = match known {
            Some(known) => Key::Known(known),
            None if is_attribute(name, after) => Key::Attribute(name),
            None => return Ok(None),
        };
        let open = begin + name.len() + 1;
        let (at, stop, end) = if after.starts_with('"') {
            let at = open + 1;
            let Some(len) = text[at..].find('"') else {
                let message = "a quotation mark is not closed; add another one";
                return Err(bad(text, open, message));
            };
            (at, at + len, at + len + 1)
        } else {
            let end = end_of_bare(text, open);
            (open, end, end)
        };
        if at == stop && known.is_some() {
            let message = format!("{name}: needs a value directly behind it");
            return Err(bad(text, open, &message));
        }
        if end < text.len() && !text[end..].starts_with(char::is_whitespace) {
            return Err(bad(text, end, "a blank must follow a closing quotation mark"));
        }
        Ok(Some(Self { not, key, value: &text[at..stop], start, at, end }))
    }
}

/// Whether `name:after` asks for an attribute: a name as programs write them
/// with something behind the colon. Addresses (`http://a`), times (`12:30`) and
/// `Error:` before a blank are words.
fn is_attribute(name: &str, after: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        && after.starts_with(|c: char| !c.is_whitespace() && !matches!(c, '/' | ':'))
}

fn level(text: &str, term: &Term<'_>) -> Result<Severity, ServerError> {
    let message = "level must be trace, debug, info, warn, error or fatal";
    Severity::parse(term.value).ok_or_else(|| bad(text, term.at, message))
}

fn twice(text: &str, key: &str, term: &Term<'_>) -> ServerError {
    bad(text, term.start, &format!("{key}: is given twice; give it once"))
}

fn moment(
    text: &str,
    key: &str,
    term: &Term<'_>,
    now: Moment,
) -> Result<Placed<Moment>, ServerError> {
    let midnight = || parse_moment(&format!("{}T00:00:00Z", term.value), now);
    let value = parse_moment(term.value, now).or_else(midnight).ok_or_else(|| {
        let message = format!(
            "{key} must be a time such as 2026-11-23, 2026-11-23T06:00:00Z, -15m, -24h, -7d or now"
        );
        bad(text, term.at, &message)
    })?;
    Ok(Placed { value, at: term.at })
}

/// Where the word or phrase that begins at `start` ends. An open quotation mark
/// takes the rest: the store says what is wrong with it.
fn end_of_word(text: &str, start: usize) -> usize {
    let at = start + usize::from(text[start..].starts_with('-'));
    match text[at..].strip_prefix('"') {
        Some(rest) => rest.find('"').map_or(text.len(), |len| at + 1 + len + 1),
        None => end_of_bare(text, at),
    }
}

fn end_of_bare(text: &str, at: usize) -> usize {
    text[at..].find(char::is_whitespace).map_or(text.len(), |len| at + len)
}

pub(super) fn bad(text: &str, at: usize, message: &str) -> ServerError {
    ServerError::input_at("q", text, at, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 1_795_413_600_000;

    fn search(text: &str) -> Result<LogSearch, ServerError> {
        LogSearch::parse(text, Moment::from_ms(NOW))
    }

    fn position(text: &str) -> usize {
        match search(text) {
            Err(ServerError::Input { field, position: Some(position), .. }) if field == "q" => {
                position
            }
            other => panic!("{text:?} gave {other:?}"),
        }
    }

    #[test]
    fn filters_and_words_are_told_apart() {
        let found = search(
            "level:error time* app:shop -test route:\"GET /a b\" logger:web2py.app \"a level:x\" \
             http://a",
        )
        .unwrap();
        let texts: Vec<String> = found.conditions.iter().map(|c| shown(&c.value)).collect();
        let want =
            ["Severity(Error)", "App(\"shop\")", "Route(\"GET /a b\")", "Logger(\"web2py.app\")"];
        assert_eq!(texts, want);
        let words: Vec<_> = found.words().unwrap().split_whitespace().collect();
        assert_eq!(words, ["time*", "-test", "\"a", "level:x\"", "http://a"]);
        assert_eq!(found.found_words(), ["time*", "a level:x", "http://a"]);
        assert_eq!(search("level:warn ").unwrap().words(), None);
        assert_eq!(search(" LEVEL:WARN").unwrap().conditions.len(), 1);
    }

    fn shown(LogCondition { not, is }: &LogCondition) -> String {
        format!("{}{is:?}", if *not { "not " } else { "" })
    }

    #[test]
    fn any_other_name_with_a_value_is_an_attribute() {
        let conditions = |text: &str| -> Vec<String> {
            search(text).unwrap().conditions.iter().map(|c| shown(&c.value)).collect()
        };
        let attribute = |not: &str, key: &str, value: &str| {
            format!("{not}Attribute {{ key: {key:?}, value: {value:?} }}")
        };
        assert_eq!(conditions("order_id:4711"), [attribute("", "order_id", "4711")]);
        assert_eq!(
            conditions("-user:7 user:\"\""),
            [attribute("not ", "user", "7"), attribute("", "user", "")]
        );
        assert_eq!(conditions("a.b:\"x y\""), [attribute("", "a.b", "x y")]);
        let excluded = ["not Logger(\"x\")", "not Route(\"y\")", "not App(\"z\")"];
        assert_eq!(conditions("-logger:x -route:y -app:z"), excluded);
        assert_eq!(conditions("-level:error -level:debug").len(), 2);
        for word in ["http://a", "12:30", "ValueError: x", "a::b", "é:x", ":x", "\"a:b\"", "a,b:c"]
        {
            assert_eq!(search(word).unwrap().conditions, [], "{word}");
            assert_eq!(search(word).unwrap().words(), Some(word));
        }
    }

    #[test]
    fn what_is_left_keeps_its_place() {
        let text = "app:shöp  ça \"open";
        assert_eq!(search(text).unwrap().words.len(), text.len());
        assert_eq!(search(text).unwrap().words.find("ça"), text.find("ça"));
    }

    #[test]
    fn a_mistake_is_refused_with_its_place_in_characters() {
        assert_eq!(position("level:loud"), 6);
        assert_eq!(position("ümläut level:loud"), 13);
        assert_eq!(position("a app:"), 6);
        assert_eq!(position("a route:\"x"), 8);
        assert_eq!(position("a route:\"\""), 8);
        assert_eq!(position("route:\"x\"y"), 9);
        assert_eq!(position("x -after:now"), 2);
        assert_eq!(position("pattern:12"), 8);
        assert_eq!(position("user:\"x\"y"), 8);
        assert_eq!(position("level:warn level:info"), 11);
        assert_eq!(position("after:tomorrow"), 6);
        assert_eq!(position("x before:15m"), 9);
    }

    #[test]
    fn times_in_the_search_narrow_a_given_range_and_replace_the_default_one() {
        let hour = 3_600_000;
        let moment = Moment::from_ms;
        let range = Range { from: moment(NOW - hour), to: moment(NOW) };
        let narrowed = |text: &str, given| {
            search(text).unwrap().narrow(text, range, given).map(|r| (r.from, r.to)).ok()
        };
        assert_eq!(narrowed("x", false), Some((range.from, range.to)));
        assert_eq!(narrowed("after:-2h", false), Some((moment(NOW - 2 * hour), range.to)));
        assert_eq!(narrowed("after:-2h", true), Some((range.from, range.to)));
        assert_eq!(narrowed("after:-15m", true), Some((moment(NOW - hour / 4), range.to)));
        assert_eq!(narrowed("before:-2h", false), Some((moment(0), moment(NOW - 2 * hour))));
        assert_eq!(narrowed("before:-2h", true), None);
        assert_eq!(narrowed("after:-1h before:-2h", false), None);
        let day = narrowed("after:2026-11-22 before:2026-11-23", false).unwrap();
        assert_eq!(day.1.unix_ms() - day.0.unix_ms(), 24 * hour);
    }

    proptest! {
        #[test]
        fn any_search_is_read_or_refused_without_panic(
            text in "((-?(level|app|after|route|x_y|pattern):?\"?)?[a-zé\" :-]{0,6} ?){0,5}",
        ) {
            if let Ok(found) = search(&text) {
                prop_assert_eq!(found.words.len(), text.len());
            }
        }
    }
}
