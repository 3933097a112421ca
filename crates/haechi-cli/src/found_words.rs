//! Where the words of a search stand in a text.

/// The words of a search that are shown where they were found.
#[derive(Debug, Default, Clone)]
pub(crate) struct FoundWords {
    /// Words that follow each other, and whether the last goes on.
    phrases: Vec<(Vec<String>, bool)>,
}

impl FoundWords {
    /// From what the API answers: one that goes on ends with `*`.
    pub(crate) fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let phrase = |word: &str| {
            let parts: Vec<String> = tokens(word).map(|(_, text)| text.to_lowercase()).collect();
            (parts, word.ends_with('*'))
        };
        Self { phrases: words.map(phrase).filter(|(parts, _)| !parts.is_empty()).collect() }
    }

    /// Byte ranges in order, none within another.
    pub(crate) fn ranges(&self, text: &str) -> Vec<(usize, usize)> {
        if self.phrases.is_empty() {
            return Vec::new();
        }
        let tokens: Vec<(usize, usize, String)> =
            tokens(text).map(|(at, word)| (at, at + word.len(), word.to_lowercase())).collect();
        let mut ranges = Vec::new();
        for (parts, goes_on) in &self.phrases {
            for window in tokens.windows(parts.len()) {
                let is_last = |at: usize| at + 1 == parts.len();
                let fits =
                    window.iter().zip(parts).enumerate().all(|(at, ((_, _, have), want))| {
                        have == want || *goes_on && is_last(at) && have.starts_with(want.as_str())
                    });
                if let (true, Some(first), Some(last)) = (fits, window.first(), window.last()) {
                    ranges.push((first.0, last.1));
                }
            }
        }
        ranges.sort_unstable();
        let mut end = 0;
        ranges.retain(|range| {
            let is_behind = range.0 >= end;
            end = if is_behind { range.1 } else { end };
            is_behind
        });
        ranges
    }
}

/// Runs of letters and digits with the byte they begin at.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr() as usize;
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - start, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str], text: &str) -> String {
        let found = FoundWords::new(words.iter().copied());
        let mut out = text.to_owned();
        for (from, to) in found.ranges(text).into_iter().rev() {
            out.insert(to, ']');
            out.insert(from, '[');
        }
        out
    }

    #[test]
    fn words_phrases_and_beginnings_are_marked_wherever_they_stand() {
        assert_eq!(
            shown(&["timeout"], "Timeout, timeouts (TIMEOUT)"),
            "[Timeout], timeouts ([TIMEOUT])"
        );
        assert_eq!(shown(&["time*"], "timeouts past"), "[timeouts] past");
        assert_eq!(shown(&["no cover"], "no-cover, no"), "[no-cover], no");
        assert_eq!(shown(&["a b", "b c"], "a b c"), "[a b] c");
        assert_eq!(shown(&["żółć"], "ŻÓŁĆ!"), "[ŻÓŁĆ]!");
        assert_eq!(shown(&[], "x"), "x");
        assert_eq!(shown(&["*", ""], "x"), "x");
    }
}
