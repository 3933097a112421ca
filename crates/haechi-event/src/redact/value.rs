//! Secrets known by their look.

use super::card::card;
use super::formats;
use super::scheme::scheme;

/// A secret found at the beginning of some text.
pub(super) struct Found {
    /// The rule's name.
    pub(super) rule: &'static str,
    /// Bytes from the beginning to leave in place.
    pub(super) keep: usize,
    /// Bytes after those to cut.
    pub(super) cut: usize,
}

/// First two bytes of secrets that are looked at by functions of their own.
const OTHER_BEGINNINGS: [&[u8; 2]; 26] = [
    b"ey", b"be", b"Be", b"BE", b"ba", b"Ba", b"BA", b"bo", b"xo", b"ho", b"di", b"pb", b"sh",
    b"md", b"--", b"$2", b"$a", b"$s", b"$5", b"$6", b"$y", b"bE", b"bA", b"1/", b"EA", b"SK",
];

/// For each first byte the second ones with which a secret may begin, as bits.
const PAIRS: [u128; 128] = {
    let mut pairs = [0u128; 128];
    let mut index = 0;
    while index < formats::COUNT {
        let [first, second] = formats::beginning(index);
        pairs[first as usize] |= 1 << second;
        index += 1;
    }
    index = 0;
    while index < OTHER_BEGINNINGS.len() {
        let [first, second] = *OTHER_BEGINNINGS[index];
        pairs[first as usize] |= 1 << second;
        index += 1;
    }
    // cards and tokens of bots
    index = b'0' as usize;
    while index <= b'9' as usize {
        pairs[index] |= 0x3ff << b'0';
        index += 1;
    }
    pairs
};

/// Whether a secret may begin with these two bytes: most words end here.
pub(super) fn may_begin(first: u8, second: u8) -> bool {
    first < 128 && second < 128 && PAIRS[usize::from(first)] >> second & 1 == 1
}

/// Looks for a secret that begins exactly where `rest` does; `rest` must begin
/// at the start of a word.
pub(super) fn find(rest: &[u8]) -> Option<Found> {
    let special = match rest.first()? {
        b'e' => jwt(rest),
        b'B' | b'b' => scheme(rest).or_else(|| telegram(rest, 3)),
        b'-' => pem(rest),
        b'0'..=b'9' => card(rest).and_then(|len| whole("card", len)).or_else(|| telegram(rest, 0)),
        b'h' | b'd' => webhook(rest),
        b'$' | b'p' | b's' | b'm' => hash(rest),
        _ => None,
    };
    special.or_else(|| formats::find(rest).and_then(|(rule, len)| whole(rule, len)))
}

fn whole(rule: &'static str, cut: usize) -> Option<Found> {
    Some(Found { rule, keep: 0, cut })
}

/// How many bytes at the beginning are of a kind.
pub(super) fn run(text: &[u8], kind: fn(u8) -> bool) -> usize {
    text.iter().position(|byte| !kind(*byte)).unwrap_or(text.len())
}

fn is_dotted(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.=".contains(&byte)
}

/// Two or three base64url parts, the first a JSON object (`eyJ`); signed
/// sessions look the same. One that was cut off at the end of the text counts.
fn jwt(rest: &[u8]) -> Option<Found> {
    let head = run(rest.get(..rest.len().min(1024))?, is_dotted);
    if !rest.starts_with(b"eyJ") || head < 16 {
        return None;
    }
    let len = run(rest, is_dotted);
    let dots = rest[..len].iter().rev().take_while(|byte| **byte == b'.').count();
    let token = &rest[..len - dots];
    if token.contains(&b'.') || len == rest.len() { whole("jwt", token.len()) } else { None }
}

/// A private key, to its end, or, without one, to the end of the text. In forms
/// a plus stands for a blank.
fn pem(rest: &[u8]) -> Option<Found> {
    let (b' ' | b'+', line) = rest.strip_prefix(b"-----BEGIN")?.split_first()? else {
        return None;
    };
    let line = &line[..run(&line[..line.len().min(64)], |byte| byte != b'-')];
    let is_private = line.windows(11).any(|part| part == b"PRIVATE KEY" || part == b"PRIVATE+KEY");
    if !is_private {
        return None;
    }
    let end = place(rest, b"-----END").and_then(|at| {
        let behind = at + b"-----END".len();
        place(&rest[behind..], b"-----").map(|more| behind + more + 5)
    });
    whole("pem", end.unwrap_or(rest.len()))
}

fn place(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

/// Addresses that are a secret: whoever has one may post.
fn webhook(rest: &[u8]) -> Option<Found> {
    const HOOKS: [&[u8]; 3] = [
        b"hooks.slack.com/services/",
        b"discord.com/api/webhooks/",
        b"discordapp.com/api/webhooks/",
    ];
    let keep = HOOKS.iter().find(|hook| rest.starts_with(hook))?.len();
    let cut = run(&rest[keep..], |byte| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte));
    (cut >= 10).then_some(Found { rule: "webhook", keep, cut })
}

/// `123456789:AA…`, a bot's token of Telegram, also after `bot` in an address.
fn telegram(rest: &[u8], name: usize) -> Option<Found> {
    let is_named = name == 0 || rest.starts_with(b"bot");
    let number = rest.get(name..)?;
    let digits = run(&number[..number.len().min(12)], |byte| byte.is_ascii_digit());
    let token = number.get(digits..)?.strip_prefix(b":")?;
    let len = run(&token[..token.len().min(64)], |byte| {
        byte.is_ascii_alphanumeric() || b"_-".contains(&byte)
    });
    let fits = is_named && (8..=10).contains(&digits) && (30..=40).contains(&len);
    fits.then_some(Found { rule: "telegram", keep: name, cut: digits + 1 + len })
}

/// Stored passwords: bcrypt, argon2, crypt(3), Django's and web2py's.
fn hash(rest: &[u8]) -> Option<Found> {
    const BEGINNINGS: [&[u8]; 14] = [
        b"$2a$",
        b"$2b$",
        b"$2y$",
        b"$argon2",
        b"$scrypt$",
        b"$5$",
        b"$6$",
        b"$y$",
        b"pbkdf2(",
        b"pbkdf2_",
        b"sha512$",
        b"sha256$",
        b"sha1$",
        b"md5$",
    ];
    let begins = BEGINNINGS.iter().find(|begins| rest.starts_with(begins))?;
    let head = &rest[begins.len()..];
    let kind = |byte: u8| byte.is_ascii_alphanumeric() || b"$./(),=_+-".contains(&byte);
    let look = &head[..run(&head[..head.len().min(96)], kind)];
    let dollars = look.iter().filter(|byte| **byte == b'$').count();
    if look.len() < 24 || (dollars == 0 && !begins.starts_with(b"$2")) {
        return None;
    }
    let len = run(rest, kind);
    let behind = rest[..len].iter().rev().take_while(|byte| b"(),.".contains(byte)).count();
    whole("hash", len - behind)
}

#[cfg(test)]
mod tests {
    use super::find;

    fn cut(text: &str) -> Option<(&'static str, usize, usize)> {
        find(text.as_bytes()).map(|found| (found.rule, found.keep, found.cut))
    }

    #[test]
    fn secrets_with_a_shape_of_their_own_are_found() {
        let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x";
        let web2py = "pbkdf2(1000,20,sha512)$b3d1f0a9$9f86d081884c7d659a2feaa0c55ad015";
        for (text, expected) in [
            ("eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl.", ("jwt", 0, 32)),
            (pem, ("pem", 0, pem.len() - 2)),
            ("-----BEGIN PRIVATE KEY-----\nMII", ("pem", 0, 31)),
            ("-----BEGIN+PRIVATE+KEY-----\nM-----END+PRIVATE+KEY-----&", ("pem", 0, 54)),
            ("bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/x", ("telegram", 3, 44)),
            ("hooks.slack.com/services/T0/B0/abcdef1234", ("webhook", 25, 16)),
            (web2py, ("hash", 0, web2py.len())),
            ("$2b$12$abcdefghijklmnopqrstuuv0123456789,", ("hash", 0, 40)),
        ] {
            assert_eq!(cut(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_looks_like_them_is_left() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nMIIE",
            "eyJ and more",
            "eyebrow",
            "bottom",
            "12345678:90",
            "sha256$",
            "pbkdf2_sha256 is slow",
            "$5 a month",
        ] {
            assert_eq!(cut(text), None, "{text}");
        }
    }
}
