use crate::ServerError;

/// A query string longer than this many bytes is refused.
const QUERY_MAX: usize = 4096;

/// The parameters of one question. Each is taken by name; what is left at the
/// end is unknown and refused, so that a typo never silently widens an answer.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads the raw query string of a URL.
    ///
    /// # Errors
    /// [`ServerError::Input`] if it is longer than 4 kB or names a parameter twice.
    pub fn parse(query: &str) -> Result<Self, ServerError> {
        if query.len() > QUERY_MAX {
            let message =
                format!("the query string is longer than {QUERY_MAX} bytes; ask for less");
            return Err(ServerError::input("query", message));
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name, None)?;
            if name.is_empty() {
                let message = "a parameter has no name; write it as name=value";
                return Err(ServerError::input("query", message));
            }
            let value = decoded(value, Some(&name))?;
            if pairs.iter().any(|(seen, _)| *seen == name) {
                let message = format!("{} is given twice; give it once", shown(&name));
                return Err(ServerError::input(name, message));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter; an empty one counts as absent.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(seen, _)| seen == name)?;
        Some(self.pairs.swap_remove(at).1).filter(|value| !value.is_empty())
    }

    /// Whether a parameter was given with a value and not taken yet.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(seen, value)| seen == name && !value.is_empty())
    }

    /// A whole number between 1 and `max`, or `default`.
    ///
    /// # Errors
    /// [`ServerError::Input`] naming the parameter for anything else.
    pub fn take_count(&mut self, name: &str, default: u32, max: u32) -> Result<u32, ServerError> {
        let Some(text) = self.take(name) else { return Ok(default) };
        text.parse().ok().filter(|n| (1..=max).contains(n)).ok_or_else(|| {
            ServerError::input(name, format!("{name} must be a whole number from 1 to {max}"))
        })
    }

    /// What one of some names stands for; the first where none is given.
    ///
    /// # Errors
    /// [`ServerError::Input`] that lists the names, for any other.
    pub fn take_choice<T: Copy, const N: usize>(
        &mut self,
        name: &str,
        choices: [(&str, T); N],
    ) -> Result<T, ServerError> {
        let Some(text) = self.take(name) else { return Ok(choices[0].1) };
        if let Some((_, chosen)) = choices.into_iter().find(|(known, _)| *known == text) {
            return Ok(chosen);
        }
        let known = choices.map(|(known, _)| known);
        let (last, others) = known.split_last().unwrap_or((&"", &[]));
        let message = format!("{name} must be {} or {last}", others.join(", "));
        Err(ServerError::input(name, message))
    }

    /// # Errors
    /// [`ServerError::Input`] naming the first parameter nobody took.
    pub fn finish(self) -> Result<(), ServerError> {
        match self.pairs.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                let message = format!("{} is not a parameter here; leave it out", shown(&name));
                Err(ServerError::input(name, message))
            }
        }
    }
}

/// A name as it may stand in a message: short, and nothing unprintable.
fn shown(name: &str) -> String {
    name.chars().take(40).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}

/// Percent signs and plus signs undone. `field` is what to blame; a name blames itself.
fn decoded(part: &str, field: Option<&str>) -> Result<String, ServerError> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = rest.get(..2).and_then(|d| std::str::from_utf8(d).ok());
                let byte = digits.filter(|d| !d.starts_with('+'));
                let byte = byte.and_then(|d| u8::from_str_radix(d, 16).ok());
                let Some(byte) = byte else { return Err(undecodable(field)) };
                bytes.push(byte);
                rest = &rest[2..];
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| undecodable(field))
}

fn undecodable(field: Option<&str>) -> ServerError {
    let field = field.unwrap_or("query");
    let message = format!("{} is not percent-encoded UTF-8", shown(field));
    ServerError::input(field, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field_of(result: Result<impl std::fmt::Debug, ServerError>) -> String {
        match result {
            Err(ServerError::Input { field, .. }) => field,
            other => panic!("not an input error: {other:?}"),
        }
    }

    #[test]
    fn values_are_decoded_and_taken_once() {
        let mut params = Params::parse("app=your_app&q=a%20b+c%25&level=").unwrap();
        assert_eq!(params.take("q").as_deref(), Some("a b c%"));
        assert_eq!(params.take("q"), None);
        assert_eq!(params.take("level"), None);
        assert_eq!(params.take("app").as_deref(), Some("your_app"));
        params.finish().unwrap();
    }

    #[test]
    fn a_bad_query_names_its_field() {
        assert_eq!(field_of(Params::parse("app=a&app=b")), "app");
        assert_eq!(field_of(Params::parse("app=%zz")), "app");
        assert_eq!(field_of(Params::parse("app=%+1")), "app");
        assert_eq!(field_of(Params::parse("app=%ff")), "app");
        assert_eq!(field_of(Params::parse("=")), "query");
        assert_eq!(field_of(Params::parse("app=a&=b")), "query");
        assert_eq!(field_of(Params::parse(&"a".repeat(5000))), "query");
        assert_eq!(field_of(Params::parse("ap=a").unwrap().finish()), "ap");
        let mut params = Params::parse("limit=1001").unwrap();
        assert_eq!(field_of(params.take_count("limit", 100, 1000)), "limit");
    }

    #[test]
    fn a_choice_is_one_of_its_names_or_the_first_and_a_refusal_lists_them() {
        let choice = |query| {
            let choices = [("time", 1), ("calls", 2), ("max", 3)];
            Params::parse(query).unwrap().take_choice("sort", choices)
        };
        assert_eq!(choice("").unwrap(), 1);
        assert_eq!(choice("sort=max").unwrap(), 3);
        let refused = choice("sort=Max").unwrap_err().to_string();
        assert_eq!(refused, "sort must be time, calls or max");
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused_without_panic(query in "[%+&=a-f0-9é]{0,60}|.{0,60}") {
            if let Ok(params) = Params::parse(&query) {
                let _ = params.finish();
            }
        }

        #[test]
        fn what_was_encoded_is_decoded(value in ".{1,30}") {
            let encoded: String = value.bytes().map(|b| format!("%{b:02x}")).collect();
            let mut params = Params::parse(&format!("q={encoded}")).unwrap();
            prop_assert_eq!(params.take("q"), Some(value));
        }
    }
}
