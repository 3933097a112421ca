//! Secrets known by their look.

/// A secret found at the beginning of some text.
pub(super) struct Found {
    /// The rule's name.
    pub(super) rule: &'static str,
    /// Bytes from the beginning to leave in place.
    pub(super) keep: usize,
    /// Bytes after those to cut.
    pub(super) cut: usize,
}

/// Looks for a secret that begins exactly where `rest` does; `rest` must begin
/// at the start of a word.
pub(super) fn find(rest: &str) -> Option<Found> {
    match rest.as_bytes().first()? {
        b'e' => jwt(rest),
        b'A' => prefixed(rest, &["AKIA", "ASIA"], 20, "aws"),
        b'g' => {
            prefixed(rest, &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"], 24, "github")
        }
        b'x' => prefixed(rest, &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-"], 15, "slack"),
        b's' => prefixed(rest, &["sk_live_", "sk-"], 20, "apikey"),
        b'B' | b'b' => scheme(rest, "bearer "),
        b'-' => pem(rest),
        b'0'..=b'9' => card(rest),
        _ => None,
    }
}

/// `scheme://user:password@host`: cuts the password. `rest` begins after `://`.
pub(super) fn userinfo(rest: &str) -> Option<Found> {
    let end = rest.find(['/', '?', '#', ' ', '\n', '"', '\'']).unwrap_or(rest.len());
    let at = rest[..end].rfind('@')?;
    let colon = rest[..at].find(':')?;
    (colon + 1 < at).then_some(Found { rule: "userinfo", keep: colon + 1, cut: at - colon - 1 })
}

fn whole(rule: &'static str, cut: usize) -> Option<Found> {
    Some(Found { rule, keep: 0, cut })
}

fn token_len(text: &str) -> usize {
    let token = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'=' | b'+' | b'/' | b'~')
    };
    text.bytes().position(|b| !token(b)).unwrap_or(text.len())
}

fn prefixed(rest: &str, prefixes: &[&str], min: usize, rule: &'static str) -> Option<Found> {
    if !prefixes.iter().any(|prefix| rest.starts_with(prefix)) {
        return None;
    }
    let len = token_len(rest);
    if len >= min { whole(rule, len) } else { None }
}

/// Three base64url parts, the first a JSON object (`eyJ`).
fn jwt(rest: &str) -> Option<Found> {
    if !rest.starts_with("eyJ") {
        return None;
    }
    let len = token_len(rest);
    if rest[..len].matches('.').count() >= 2 { whole("jwt", len) } else { None }
}

fn scheme(rest: &str, name: &str) -> Option<Found> {
    let head = rest.get(..name.len())?;
    let len = token_len(&rest[name.len()..]);
    (head.eq_ignore_ascii_case(name) && len >= 8).then_some(Found {
        rule: "bearer",
        keep: name.len(),
        cut: len,
    })
}

fn pem(rest: &str) -> Option<Found> {
    if !rest.starts_with("-----BEGIN ") || !rest.lines().next()?.contains("PRIVATE KEY") {
        return None;
    }
    let body_ends = rest.find("-----END ").map(|at| at + "-----END ".len());
    let end = body_ends.and_then(|at| rest[at..].find("-----").map(|more| at + more + 5));
    whole("pem", end.unwrap_or(rest.len()))
}

/// 13 to 19 digits, single spaces or dashes between them, that pass Luhn's
/// check and begin like a card of a known network.
fn card(rest: &str) -> Option<Found> {
    let (mut digits, mut len) = ([0u8; 19], 0);
    let mut end = 0;
    let mut after_separator = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'0'..=b'9' if len == digits.len() => return None,
            b'0'..=b'9' => {
                digits[len] = byte - b'0';
                len += 1;
                end = at + 1;
                after_separator = false;
            }
            b' ' | b'-' if !after_separator => after_separator = true,
            b if b.is_ascii_alphanumeric() && !after_separator => return None,
            _ => break,
        }
    }
    let known_network = matches!(digits[0], 3..=6);
    if (13..=19).contains(&len) && known_network && luhn(&digits[..len]) {
        whole("card", end)
    } else {
        None
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}
