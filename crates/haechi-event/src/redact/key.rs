/// Words that make a name secret wherever they stand in it.
const SECRET_WORDS: [&str; 26] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "apikey",
    "auth",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "session",
    "sessionid",
    "sid",
    "csrf",
    "xsrf",
    "jwt",
    "bearer",
    "otp",
    "cvv",
    "cvc",
    "ssn",
    "accesskey",
    "privatekey",
];
/// Words that make a following `key` secret.
const KEY_WORDS: [&str; 8] =
    ["api", "access", "private", "secret", "signing", "encryption", "license", "master"];
/// Longer names are not looked at word by word; they are cut.
const NAME_MAX: usize = 128;

/// Whether the value of this name is a secret. The name is taken apart at case
/// changes, `_`, `-`, `.`, brackets and spaces, so `userPassword`, `api-key`
/// and `X_AUTH_TOKEN` are found and `keyboard` or `passage` are not.
#[must_use]
pub fn is_secret_key(name: &str) -> bool {
    if name.len() > NAME_MAX {
        return true;
    }
    let mut words = Words { rest: name };
    let mut before = Word::default();
    while let Some(word) = words.next_word() {
        let text = word.text();
        if SECRET_WORDS.contains(&text) || text == "pass" || text == "signature" {
            return true;
        }
        if text == "key" && KEY_WORDS.contains(&before.text()) {
            return true;
        }
        before = word;
    }
    false
}

/// One lower-case word without an allocation.
#[derive(Default)]
struct Word {
    bytes: [u8; 16],
    len: usize,
}

impl Word {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    /// Longer words than any in the lists need only their beginning kept.
    fn push(&mut self, byte: u8) {
        if self.len < self.bytes.len() {
            self.bytes[self.len] = byte.to_ascii_lowercase();
            self.len += 1;
        }
    }
}

struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    fn next_word(&mut self) -> Option<Word> {
        let bytes = self.rest.as_bytes();
        let start = bytes.iter().position(u8::is_ascii_alphanumeric)?;
        let mut word = Word::default();
        let mut end = start;
        while end < bytes.len() && bytes[end].is_ascii_alphanumeric() {
            let starts_new = end > start
                && bytes[end].is_ascii_uppercase()
                && (bytes[end - 1].is_ascii_lowercase()
                    || bytes.get(end + 1).is_some_and(u8::is_ascii_lowercase));
            if starts_new {
                break;
            }
            word.push(bytes[end]);
            end += 1;
        }
        // everything up to `end` is ASCII, or was skipped as a separator before `start`
        self.rest = self.rest.get(end..).unwrap_or_default();
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::is_secret_key;

    #[test]
    fn secret_names_are_found_in_every_spelling() {
        for name in [
            "password",
            "PASSWORD",
            "userPassword",
            "user_password",
            "api_key",
            "api-key",
            "apiKey",
            "APIKey",
            "X-Auth-Token",
            "sessionid",
            "db.passwd",
            "user[password]",
            "csrf_token",
            "access_token",
            "client_secret",
            "_signature",
        ] {
            assert!(is_secret_key(name), "{name}");
        }
    }

    #[test]
    fn harmless_names_are_left() {
        for name in [
            "key",
            "keyboard",
            "passage",
            "page",
            "author",
            "tokens_used",
            "sort_key",
            "q",
            "",
            "compass",
            "한글",
        ] {
            assert!(!is_secret_key(name), "{name}");
        }
    }
}
