//! Whether the name of a value says that it is a secret.

use super::words::{Word, Words, trim_digits};

/// How surely a name is that of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Secrecy {
    No,
    /// Of several: `tokens`, which may be a count. Only a collection is cut.
    Many,
    /// A word that people use for other things too, as in `session: closed`.
    Likely,
    Sure,
}

/// Longer names are not looked at word by word; they are cut.
const NAME_MAX: usize = 128;

/// Names in other scripts that end like this are secrets.
const OTHER_SCRIPTS: [&str; 7] =
    ["비밀번호", "암호", "パスワード", "密码", "密碼", "пароль", "contraseña"];

/// How secret the values of a name are, by the rules every folder has.
pub(super) fn secrecy(name: &[u8]) -> Secrecy {
    if name.len() > NAME_MAX {
        return Secrecy::Sure;
    }
    let mut words = Words::of(name);
    let mut before = Word::default();
    let mut found = Secrecy::No;
    // a word that counts only if the next one allows it
    let mut open = Secrecy::No;
    while let Some(word) = words.next_word() {
        let text = trim_digits(word.bytes());
        if text.is_empty() {
            continue;
        }
        if open != Secrecy::No && is_holder(text) {
            found = found.max(open);
        }
        open = of_word(text).max(of_pair(trim_digits(before.bytes()), text));
        if open == Secrecy::Sure {
            found = Secrecy::Sure;
        }
        before = word;
    }
    found = found.max(open);
    if found != Secrecy::No && is_about(before.bytes()) {
        return Secrecy::No;
    }
    if found == Secrecy::No && !name.is_ascii() {
        return in_other_scripts(name);
    }
    found
}

fn in_other_scripts(name: &[u8]) -> Secrecy {
    let known = OTHER_SCRIPTS.iter().any(|end| name.ends_with(end.as_bytes()));
    if known { Secrecy::Sure } else { Secrecy::No }
}

fn of_word(word: &[u8]) -> Secrecy {
    match word {
        b"pwd" | b"passphrase" | b"passcode" | b"secret" | b"apikey" | b"accesskey"
        | b"privatekey" | b"secretkey" | b"credential" | b"credentials" | b"cvv" | b"cvc"
        | b"ssn" | b"jwt" | b"creds" | b"mnemonic" => Secrecy::Sure,
        b"token" | b"auth" | b"authorization" | b"session" | b"sessionid" | b"sid" | b"cookie"
        | b"csrf" | b"xsrf" | b"bearer" | b"otp" | b"totp" | b"pass" | b"signature" | b"sig"
        | b"pin" | b"formkey" | b"authkey" | b"sessionkey" => Secrecy::Likely,
        b"tokens" | b"cookies" | b"secrets" | b"sessions" => Secrecy::Many,
        _ if word.len() > 5 => of_long_word(word),
        _ => Secrecy::No,
    }
}

/// Words written together, as in `csrftoken`, `PHPSESSID` or `dbpassword`.
fn of_long_word(word: &[u8]) -> Secrecy {
    let ends = |ends: &[&[u8]]| ends.iter().any(|end| word.ends_with(end));
    if holds(word, b"password") || holds(word, b"passwd") || ends(&[b"secret", b"apikey"]) {
        Secrecy::Sure
    } else if ends(&[b"token", b"sessid", b"sessionid"]) {
        Secrecy::Likely
    } else {
        Secrecy::No
    }
}

fn holds(word: &[u8], part: &[u8]) -> bool {
    word.windows(part.len()).any(|window| window == part)
}

/// Two words that are a secret together.
fn of_pair(before: &[u8], word: &[u8]) -> Secrecy {
    match (before, word) {
        (
            b"api" | b"access" | b"private" | b"secret" | b"signing" | b"encryption" | b"license"
            | b"master" | b"hmac" | b"account" | b"shared" | b"service" | b"auth",
            b"key",
        )
        | (b"card", b"number")
        | (b"seed", b"phrase") => Secrecy::Sure,
        (
            b"auth" | b"authorization" | b"verification" | b"recovery" | b"backup"
            | b"confirmation",
            b"code",
        ) => Secrecy::Likely,
        _ => Secrecy::No,
    }
}

/// What may follow `session`, `token` … and holds the secret itself.
fn is_holder(word: &[u8]) -> bool {
    matches!(
        word,
        b"id" | b"value" | b"key" | b"hash" | b"header" | b"data" | b"string" | b"raw" | b"plain"
    )
}

/// Last words that tell something about a secret, not the secret. In order.
const ABOUT: &[&str] = &[
    "age",
    "alg",
    "algorithm",
    "at",
    "attempts",
    "backend",
    "budget",
    "changed",
    "class",
    "count",
    "counter",
    "counts",
    "created",
    "days",
    "disabled",
    "domain",
    "enabled",
    "engine",
    "error",
    "errors",
    "exp",
    "expiration",
    "expire",
    "expired",
    "expires",
    "expiry",
    "field",
    "fields",
    "file",
    "format",
    "hits",
    "in",
    "index",
    "invalid",
    "label",
    "len",
    "length",
    "limit",
    "manager",
    "max",
    "message",
    "method",
    "min",
    "minutes",
    "misses",
    "mode",
    "module",
    "ms",
    "name",
    "offset",
    "on",
    "page",
    "path",
    "policy",
    "position",
    "present",
    "provider",
    "rate",
    "remaining",
    "required",
    "reset",
    "rounds",
    "seconds",
    "set",
    "size",
    "status",
    "store",
    "strength",
    "template",
    "timeout",
    "title",
    "ttl",
    "type",
    "updated",
    "usage",
    "used",
    "user",
    "username",
    "valid",
    "validator",
    "validators",
    "version",
];

fn is_about(word: &[u8]) -> bool {
    ABOUT.binary_search_by(|known| known.as_bytes().cmp(word)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Secrecy, secrecy};

    fn is_secret_key(name: &str) -> bool {
        secrecy(name.as_bytes()) > Secrecy::Many
    }

    #[test]
    fn secret_names_are_found_in_every_spelling() {
        for name in [
            "password",
            "PASSWORD",
            "userPassword",
            "user_password",
            "password2",
            "new_password_1",
            "dbpassword",
            "passwordHash",
            "api_key",
            "api-key",
            "apiKey",
            "APIKey",
            "X-Auth-Token",
            "sessionid",
            "session_id_your_app",
            "PHPSESSID",
            "connect.sid",
            "csrftoken",
            "csrfmiddlewaretoken",
            "db.passwd",
            "user[password]",
            "csrf_token",
            "access_token",
            "client_secret",
            "_signature",
            "_formkey",
            "HTTP_AUTHORIZATION",
            "auth_user.password",
            "비밀번호",
        ] {
            assert!(is_secret_key(name), "{name}");
        }
    }

    #[test]
    fn words_stand_in_order() {
        assert!(super::ABOUT.is_sorted());
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
            "tokens",
            "max_tokens",
            "token_count",
            "token_type",
            "tokenizer",
            "session_timeout",
            "auth_user.id",
            "auth_user",
            "password_length",
            "password_reset_page",
            "cookie_domain",
            "sort_key",
            "primary_key",
            "q",
            "",
            "compass",
            "한글",
            "secretary",
        ] {
            assert!(!is_secret_key(name), "{name}");
        }
    }
}
