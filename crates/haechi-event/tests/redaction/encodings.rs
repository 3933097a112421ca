//! What a secret may wear.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Form,
    Percent,
    PercentTwice,
    Json,
    Html,
    Basic,
}

pub(crate) const ALL: [Encoding; 7] = [
    Encoding::Plain,
    Encoding::Form,
    Encoding::Percent,
    Encoding::PercentTwice,
    Encoding::Json,
    Encoding::Html,
    Encoding::Basic,
];

impl Encoding {
    /// The secret in this encoding; every character is escaped, letters too.
    pub(crate) fn wear(self, secret: &str) -> String {
        match self {
            Self::Plain => secret.to_owned(),
            // as browsers send it
            Self::Form => secret
                .chars()
                .map(|c| match c {
                    ' ' => "+".to_owned(),
                    c if c.is_ascii_alphanumeric() || "-_.*".contains(c) => c.to_string(),
                    c => format!("%{:02X}", c as u32),
                })
                .collect(),
            Self::Percent => secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            Self::PercentTwice => secret.bytes().map(|byte| format!("%25{byte:02x}")).collect(),
            Self::Json => secret.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
            Self::Html => secret
                .bytes()
                .enumerate()
                .map(|(at, byte)| match at % 2 {
                    0 => format!("&#{byte};"),
                    _ => format!("&#x{byte:X};"),
                })
                .collect(),
            Self::Basic => format!("Basic {}", base64(format!("jane:{secret}").as_bytes())),
        }
    }
}

/// What cannot stand in an address is written with percent signs there.
pub(crate) fn for_address(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.~!*$@%\\=".contains(c);
    let mut out = String::new();
    for c in text.chars() {
        if harmless(c) {
            out.push(c);
        } else {
            out.push_str(&format!("%{:02X}", c as u32));
        }
    }
    out
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..4 {
            let six = (bits >> (18 - 6 * place) & 63) as usize;
            out.push(if place > three.len() { '=' } else { char::from(ALPHABET[six]) });
        }
    }
    out
}
