//! Secrets as they are issued, and those that people choose.

use crate::noise::{DIGITS, HEX, LOWER, Noise, UPPER};

/// One secret.
pub(crate) struct Secret {
    /// The name it stands under: a neutral one if its look must give it away.
    pub(crate) name: &'static str,
    /// What is written.
    pub(crate) text: String,
    /// The part of it that must not be seen.
    pub(crate) hidden: String,
}

type Make = fn(&mut Noise) -> String;

const WORD: [&str; 3] = [UPPER, LOWER, DIGITS];

/// Name it stands under, how one is made.
const KINDS: [(&str, Make); 25] = [
    ("ref", jwt),
    ("ref", |n| format!("{}{}", n.pick(&["AKIA", "ASIA"]), n.text(&[UPPER, DIGITS], 16))),
    ("ref", |n| format!("{}{}", n.pick(&["ghp_", "gho_", "ghs_"]), n.text(&WORD, 36))),
    ("ref", |n| format!("github_pat_{}_{}", n.text(&WORD, 22), n.text(&WORD, 59))),
    ("ref", |n| format!("glpat-{}", n.text(&WORD, 20))),
    ("ref", |n| format!("xoxb-{}-{}", n.text(&[DIGITS], 12), n.text(&WORD, 24))),
    ("ref", |n| format!("{}{}", n.pick(&["sk_live_", "rk_live_", "sk_test_"]), n.text(&WORD, 24))),
    ("ref", |n| format!("AIza{}", n.text(&WORD, 35))),
    ("ref", |n| format!("{}{}", n.pick(&["sk-", "sk-proj-"]), n.text(&WORD, 48))),
    ("ref", |n| format!("sk-ant-api03-{}", n.text(&WORD, 93))),
    ("ref", |n| format!("SG.{}.{}", n.text(&WORD, 22), n.text(&WORD, 43))),
    ("ref", |n| format!("npm_{}", n.text(&WORD, 36))),
    ("ref", |n| format!("SK{}", n.text(&[HEX, DIGITS], 32))),
    ("ref", pem),
    ("ref", |n| card(n, "")),
    ("ref", |n| card(n, " ")),
    ("ref", |n| format!("{}:AA{}", n.text(&["123456789"], 9), n.text(&WORD, 33))),
    ("ref", |n| format!("$2b$12${}", n.text(&WORD, 53))),
    ("dsn", |n| n.text(&WORD, 14)),
    ("password", |n| n.text(&[UPPER, LOWER, DIGITS, "!*_~.-@"], 12)),
    ("user_password", |n| n.text(&[LOWER, DIGITS], 9)),
    ("session_id_your_app", |n| format!("127.0.0.1-{}", n.text(&[HEX, DIGITS], 32))),
    ("aws_secret_access_key", |n| n.text(&[UPPER, LOWER, DIGITS, "/+"], 40)),
    ("apiKey", |n| n.text(&[HEX, DIGITS], 32)),
    ("csrftoken", |n| n.text(&WORD, 64)),
];

/// Five hundred of them, no two alike.
pub(crate) fn all(noise: &mut Noise) -> Vec<Secret> {
    (0..500)
        .map(|index| {
            let (name, make) = KINDS[index % KINDS.len()];
            let hidden = make(noise);
            if name == "dsn" {
                let text = format!("postgres://app:{hidden}@db.internal:5432/shop");
                return Secret { name, text, hidden };
            }
            Secret { name, text: hidden.clone(), hidden }
        })
        .collect()
}

fn jwt(noise: &mut Noise) -> String {
    let (body, signature) = (noise.text(&WORD, 60), noise.text(&WORD, 43));
    format!("eyJhbGciOiJIUzI1NiJ9.eyJ{body}.{signature}")
}

fn pem(noise: &mut Noise) -> String {
    let kind = noise.pick(&["", "RSA ", "EC ", "OPENSSH "]);
    let lines: Vec<String> = (0..6).map(|_| noise.text(&WORD, 64)).collect();
    let body = lines.join("\n");
    format!("-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----")
}

/// A number that passes Luhn's check, in groups of four.
fn card(noise: &mut Noise, separator: &str) -> String {
    let head = noise.pick(&["4", "51", "55", "6011", "4000"]);
    let mut digits: Vec<u32> =
        format!("{head}{}", noise.text(&[DIGITS], 15 - head.len())).bytes().map(digit).collect();
    let odd: u32 =
        digits.iter().rev().step_by(2).map(|d| if *d > 4 { d * 2 - 9 } else { d * 2 }).sum();
    let even: u32 = digits.iter().rev().skip(1).step_by(2).sum();
    digits.push((10 - (odd + even) % 10) % 10);
    let text: Vec<String> =
        digits.chunks(4).map(|four| four.iter().map(u32::to_string).collect()).collect();
    text.join(separator)
}

fn digit(byte: u8) -> u32 {
    u32::from(byte - b'0')
}
