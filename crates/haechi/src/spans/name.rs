use super::SpanEnd;
use haechi_event::{Part, SPAN_NAME_MAX, normalise_sql, redact};

/// Writes what a span is called into `out`.
pub(crate) fn write(part: Part, end: &SpanEnd<'_>, out: &mut String) {
    match part {
        Part::Db => normalise_sql(end.name, end.quotes, out),
        Part::HttpClient => bounded(&address(end.name)).clone_into(out),
        _ => bounded(&redact::text(bounded(end.name))).clone_into(out),
    }
}

fn bounded(text: &str) -> &str {
    let mut end = text.len().min(SPAN_NAME_MAX.into());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Host and path of an address: neither who asks nor what for.
fn address(url: &str) -> String {
    let url = bounded(url);
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    let method = scheme.rsplit_once(' ').map_or(String::new(), |(method, _)| format!("{method} "));
    redact::text(&format!("{method}{host}{path}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_host_and_path_only() {
        for (url, want) in [
            ("https://user:pw@api.example/v1/items?key=1#x", "api.example/v1/items"),
            ("GET http://h:80/a", "GET h:80/a"),
            ("h/path", "h/path"),
            ("https://h", "h"),
            ("", ""),
        ] {
            assert_eq!(address(url), want);
        }
    }
}
