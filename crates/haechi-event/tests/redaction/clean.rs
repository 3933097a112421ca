use crate::encodings::base64;
use crate::noise::{DIGITS, HEX, LOWER, Noise, UPPER};
use haechi_event::redact;

/// Lines as apps, web2py, servers and proxies write them. A name in braces is
/// put in anew each time.
const LINES: &str = include_str!("clean.txt");
/// How often each line is made.
const TIMES: usize = 5;

fn fill(line: &str, noise: &mut Noise) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let made =
            after.split_once('}').and_then(|(name, behind)| Some((made(name, noise)?, behind)));
        match made {
            Some((text, behind)) => {
                out.push_str(&text);
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

fn made(name: &str, noise: &mut Noise) -> Option<String> {
    let two = |noise: &mut Noise, end: usize| format!("{:02}", noise.below(end));
    Some(match name {
        "sha" => noise.text(&[HEX], 40),
        "short" => noise.text(&[HEX], 7),
        "sha256" => noise.text(&[HEX], 64),
        "uuid" => {
            let lens = [8, 4, 4, 4, 12];
            lens.map(|len| noise.text(&[HEX], len)).join("-")
        }
        "order" => format!("{}-{}", noise.text(&[DIGITS], 8), noise.text(&[DIGITS], 6)),
        "number" => {
            let len = 1 + noise.below(9);
            noise.text(&["123456789"], len)
        }
        "phone" => format!("+82 10-{}-{}", noise.text(&[DIGITS], 4), noise.text(&[DIGITS], 4)),
        "time" => format!(
            "2026-11-{}T{}:{}:{}.{}Z",
            two(noise, 28),
            two(noise, 24),
            two(noise, 60),
            two(noise, 60),
            noise.text(&[DIGITS], 6)
        ),
        "epoch_ms" => format!("179{}", noise.text(&[DIGITS], 10)),
        "epoch_ns" => format!("179{}", noise.text(&[DIGITS], 16)),
        "ip" => format!("203.0.113.{}", noise.below(255)),
        "ms" => format!("{}.{}", noise.below(900), noise.below(10)),
        "image" => base64(noise.text(&[UPPER, LOWER, DIGITS], 90).as_bytes()),
        "word" => noise.pick(&["seoul", "item", "cart", "한국", "index", "report"]).to_owned(),
        "email" => format!("{}@example.org", noise.text(&[LOWER], 8)),
        "trace" => format!("00-{}-{}-01", noise.text(&[HEX], 32), noise.text(&[HEX], 16)),
        _ => return None,
    })
}

#[test]
fn at_most_one_clean_line_in_a_hundred_is_touched() {
    let mut noise = Noise::seeded();
    let (mut lines, mut touched) = (0, Vec::new());
    for line in LINES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        for _ in 0..TIMES {
            let (by, text) = line.split_once(' ').unwrap();
            let text = fill(text, &mut noise).replace("\\n", "\n");
            let kept = match by {
                "text" => redact::text(&text),
                "query" => redact::query(&text),
                "url" => redact::url(&text),
                "pair" => {
                    let (name, value) = text.split_once('=').unwrap();
                    redact::pair(name, value)
                }
                other => panic!("{other} is no way to look"),
            };
            lines += 1;
            let value = if by == "pair" { text.split_once('=').unwrap().1 } else { &text };
            if kept != value {
                touched.push(format!("{text}\n  {kept}"));
            }
        }
    }
    assert!(lines >= 600, "{lines}");
    let shown = touched.join("\n");
    assert!(touched.len() * 100 <= lines, "{} of {lines}:\n{shown}", touched.len());
}
