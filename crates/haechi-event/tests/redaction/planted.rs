use crate::encodings::{ALL, Encoding, base64, for_address};
use crate::noise::Noise;
use crate::places::PLACES;
use crate::secrets::{Secret, all};
use haechi_event::redact::{self, Rules};
use std::collections::BTreeMap;

/// Parts of a secret this long must not be left either.
const PART: usize = 12;

/// What must not be seen of a secret in an encoding: each stretch of it.
fn parts(worn: &str, hidden: &str, encoding: Encoding) -> Vec<String> {
    let mut parts = vec![worn.to_owned(), hidden.to_owned(), base64(hidden.as_bytes())];
    let mut lines = hidden.lines().filter(|line| !line.starts_with("-----"));
    for line in lines.clone().filter(|line| line.len() >= 2 * PART) {
        parts.extend([&line[..PART], &line[line.len() - PART..]].map(str::to_owned));
    }
    if encoding != Encoding::Basic {
        // the last of what it wears, as far as it belongs to what is hidden
        let last = lines.next_back().unwrap_or(hidden);
        let tail: String = last.chars().skip(last.len().saturating_sub(PART)).collect();
        parts.push(encoding.wear(&tail));
    }
    parts
}

#[test]
fn no_planted_secret_gets_through_in_any_place_under_any_encoding() {
    let mut noise = Noise::seeded();
    let secrets = all(&mut noise);
    let (mut tried, mut leaks) = (0, Vec::new());
    for Secret { name, text, hidden } in &secrets {
        for (by, place) in PLACES {
            for encoding in ALL {
                let mut worn = encoding.wear(text);
                if by.is_address() {
                    worn = for_address(&worn);
                }
                let planted = place.replace("NAME", name).replace("SECRET", &worn);
                let kept = by.look(name, &planted);
                tried += 1;
                if parts(&worn, hidden, encoding).iter().any(|part| kept.contains(part.as_str())) {
                    leaks.push(format!("{by:?} {encoding:?}\n  {planted}\n  {kept}"));
                }
            }
        }
    }
    assert!(tried >= 500 * 40 * 6, "{tried}");
    let shown = leaks.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(leaks.is_empty(), "{} of {tried} got through:\n{shown}", leaks.len());
}

#[test]
fn each_secret_is_known_by_its_own_rule() {
    let mut noise = Noise::seeded();
    let mut rules = BTreeMap::<String, usize>::new();
    for Secret { name, text, .. } in all(&mut noise) {
        let line = if name == "ref" || name == "dsn" { text } else { format!("{name}={text}") };
        let cuts = redact::rules().cuts(&line);
        assert!(!cuts.is_empty(), "{line}");
        for cut in cuts {
            *rules.entry(cut.rule.to_string()).or_default() += 1;
        }
    }
    for (rule, count) in [
        ("jwt", 20),
        ("aws", 20),
        ("github", 40),
        ("gitlab", 20),
        ("slack", 20),
        ("stripe", 20),
        ("google", 20),
        ("openai", 20),
        ("anthropic", 20),
        ("sendgrid", 20),
        ("npm", 20),
        ("twilio", 20),
        ("pem", 20),
        ("card", 40),
        ("telegram", 20),
        ("hash", 20),
        ("userinfo", 20),
        ("key", 120),
    ] {
        assert_eq!(rules.get(rule), Some(&count), "{rule}: {rules:?}");
    }
}

#[test]
fn what_is_cut_does_not_depend_on_the_text_behind_it() {
    // a folder's own rules take another way through the same text
    let own = Rules::standard().with_patterns(&["NEVERTHERE[0-9]".to_owned()]).unwrap();
    let mut noise = Noise::seeded();
    for Secret { name, text, .. } in all(&mut noise) {
        let line = format!("{name}='{text}' and more");
        assert_eq!(own.text(&line), redact::text(&line));
        assert_eq!(redact::text(&redact::text(&line)), redact::text(&line), "{line}");
    }
}
