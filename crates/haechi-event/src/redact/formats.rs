//! Secrets that announce themselves by how they begin.

/// What may follow a beginning.
#[derive(Clone, Copy)]
enum Body {
    /// Capitals and digits.
    Upper,
    /// Letters, digits and `_`.
    Word,
    /// As `Word`, and `-`.
    Token,
    /// As `Token`, and `.`, `=`, `+`, `/`.
    Dotted,
    /// Hexadecimal digits.
    Hex,
}

/// One format: how it begins, what follows, how much of it at least.
struct Format {
    begins: &'static str,
    body: Body,
    least: usize,
    rule: &'static str,
}

const fn format(begins: &'static str, body: Body, least: usize, rule: &'static str) -> Format {
    Format { begins, body, least, rule }
}

use Body::{Dotted, Hex, Token, Upper, Word};

/// In the order of their first bytes. The numbers are lower than what is issued
/// today, so that shortened ones are found too.
const FORMATS: [Format; 72] = [
    format("1//0", Token, 30, "google"),
    format("ABIA", Upper, 12, "aws"),
    format("ACCA", Upper, 12, "aws"),
    format("AGE-SECRET-KEY-", Upper, 40, "age"),
    format("AIza", Token, 28, "google"),
    format("AKIA", Upper, 12, "aws"),
    format("ASIA", Upper, 12, "aws"),
    format("ATATT", Dotted, 40, "atlassian"),
    format("EAAA", Token, 50, "square"),
    format("GOCSPX-", Token, 20, "google"),
    format("NRAK-", Upper, 20, "newrelic"),
    format("PMAK-", Token, 40, "postman"),
    format("SG.", Dotted, 40, "sendgrid"),
    format("SK", Hex, 32, "twilio"),
    format("dckr_pat_", Token, 20, "docker"),
    format("doo_v1_", Hex, 40, "digitalocean"),
    format("dop_v1_", Hex, 40, "digitalocean"),
    format("dor_v1_", Hex, 40, "digitalocean"),
    format("dp.pt.", Word, 30, "doppler"),
    format("figd_", Token, 20, "figma"),
    format("fm2_", Dotted, 40, "flyio"),
    format("gho_", Word, 20, "github"),
    format("ghp_", Word, 20, "github"),
    format("ghr_", Word, 20, "github"),
    format("ghs_", Word, 20, "github"),
    format("ghu_", Word, 20, "github"),
    format("github_pat_", Word, 20, "github"),
    format("glagent-", Token, 16, "gitlab"),
    format("glcbt-", Token, 16, "gitlab"),
    format("glc_", Dotted, 20, "grafana"),
    format("gldt-", Token, 16, "gitlab"),
    format("glft-", Token, 16, "gitlab"),
    format("glimt-", Token, 16, "gitlab"),
    format("gloas-", Token, 16, "gitlab"),
    format("glpat-", Dotted, 16, "gitlab"),
    format("glptt-", Token, 16, "gitlab"),
    format("glrt-", Dotted, 16, "gitlab"),
    format("glsa_", Word, 20, "grafana"),
    format("glsoat-", Token, 16, "gitlab"),
    format("gsk_", Word, 30, "groq"),
    format("hf_", Word, 30, "huggingface"),
    format("hvb.", Token, 20, "vault"),
    format("hvs.", Token, 20, "vault"),
    format("key-", Hex, 32, "mailgun"),
    format("lin_api_", Word, 30, "linear"),
    format("npm_", Word, 30, "npm"),
    format("ntn_", Word, 30, "notion"),
    format("nvapi-", Token, 40, "nvidia"),
    format("pplx-", Word, 40, "perplexity"),
    format("pul-", Hex, 40, "pulumi"),
    format("pypi-", Token, 40, "pypi"),
    format("r8_", Word, 30, "replicate"),
    format("rk_live_", Word, 12, "stripe"),
    format("rk_test_", Word, 12, "stripe"),
    format("rubygems_", Hex, 40, "rubygems"),
    format("shpat_", Hex, 30, "shopify"),
    format("shpca_", Hex, 30, "shopify"),
    format("shppa_", Hex, 30, "shopify"),
    format("shpss_", Hex, 30, "shopify"),
    format("sk-ant-", Token, 20, "anthropic"),
    format("sk-", Token, 17, "openai"),
    format("sk_live_", Word, 12, "stripe"),
    format("sk_test_", Word, 12, "stripe"),
    format("sntrys_", Dotted, 40, "sentry"),
    format("sntryu_", Hex, 40, "sentry"),
    format("sq0atp-", Token, 20, "square"),
    format("sq0csp-", Token, 20, "square"),
    format("tfp_", Word, 40, "typeform"),
    format("whsec_", Dotted, 20, "stripe"),
    format("xai-", Word, 40, "xai"),
    format("xapp-", Token, 20, "slack"),
    format("ya29.", Dotted, 20, "google"),
];

/// For each first byte the first of its formats and the one behind the last.
const PLACES: [(u8, u8); 256] = {
    let mut places = [(0, 0); 256];
    let mut index = 0;
    while index < FORMATS.len() {
        let first = FORMATS[index].begins.as_bytes()[0] as usize;
        if places[first].1 == 0 {
            places[first].0 = index as u8;
        }
        places[first].1 = index as u8 + 1;
        index += 1;
    }
    places
};

/// How many formats there are.
pub(super) const COUNT: usize = FORMATS.len();

/// The first two bytes of one.
pub(super) const fn beginning(index: usize) -> [u8; 2] {
    let begins = FORMATS[index].begins.as_bytes();
    [begins[0], begins[1]]
}

/// The rule and length of a secret at the beginning of `rest`.
pub(super) fn find(rest: &[u8]) -> Option<(&'static str, usize)> {
    let (from, to) = PLACES[usize::from(*rest.first()?)];
    let formats = FORMATS.get(usize::from(from)..usize::from(to))?;
    let known = formats.iter().find(|format| rest.starts_with(format.begins.as_bytes()));
    if let Some(format) = known {
        return format.whole(rest);
    }
    let is_slack = rest.starts_with(b"xox") && rest.get(4).is_some_and(|byte| b"-.".contains(byte));
    if is_slack { format("xox?-", Token, 10, "slack").whole(rest) } else { None }
}

/// More need not be looked at to know a secret.
const LOOK: usize = 96;

impl Format {
    fn whole(&self, rest: &[u8]) -> Option<(&'static str, usize)> {
        let body = rest.get(self.begins.len()..)?;
        let fits = |byte: &&u8| match self.body {
            Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Word => byte.is_ascii_alphanumeric() || **byte == b'_',
            Token => byte.is_ascii_alphanumeric() || b"_-".contains(byte),
            Dotted => byte.is_ascii_alphanumeric() || b"_-.=+/".contains(byte),
            Hex => byte.is_ascii_hexdigit(),
        };
        let look = body.iter().take(LOOK).take_while(fits).count();
        // names of things have no digit: sk-learn-contrib-extras
        let has_digit = body[..look].iter().any(u8::is_ascii_digit);
        if look < self.least || !has_digit {
            return None;
        }
        let len = body.iter().take_while(fits).count();
        let dots = body[..len].iter().rev().take_while(|byte| **byte == b'.').count();
        Some((self.rule, self.begins.len() + len - dots))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_stand_in_the_order_of_their_first_bytes() {
        let firsts: Vec<u8> = FORMATS.iter().map(|format| format.begins.as_bytes()[0]).collect();
        assert!(firsts.is_sorted());
        for format in &FORMATS {
            let body = "1".repeat(format.least);
            let text = format!("{}{body}", format.begins);
            assert_eq!(find(text.as_bytes()), Some((format.rule, text.len())), "{text}");
            assert_eq!(find(&text.as_bytes()[..text.len() - 1]), None, "{text}");
        }
    }

    #[test]
    fn what_only_begins_alike_is_left() {
        for text in ["sk-learn-contrib-extras-and-more", "key-value", "npm_config_cache", "SKU", ""]
        {
            assert_eq!(find(text.as_bytes()), None, "{text}");
        }
        assert_eq!(find(b"xoxb-1234567890-abcdef"), Some(("slack", 22)));
    }
}
