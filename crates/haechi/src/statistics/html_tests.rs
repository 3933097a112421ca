use super::*;
use crate::statistics::collect::tests::{hostile, sample};

#[test]
fn a_page_is_a_document_and_a_fragment_is_not() {
    let (page, fragment) = (html(&sample(), Kind::Page), html(&sample(), Kind::Fragment));
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("<noscript><meta http-equiv=\"refresh\""));
    for tag in ["<html", "<head", "<body", "<title", "<meta", "<!DOCTYPE"] {
        assert!(!fragment.contains(tag), "{tag}");
    }
    assert!(fragment.starts_with("<div class=\"haechi-statistics\">"));
    for id in ["haechi-requests", "haechi-rps", "haechi-inflight", "haechi-routes"] {
        assert_eq!(page.matches(&format!("data-testid=\"{id}\"")).count(), 1, "{id}");
    }
}

#[test]
fn every_rule_of_the_style_stays_inside_the_fragment() {
    let rules = STYLE.split('}').filter_map(|rule| rule.split_once('{')).map(|(names, rest)| {
        if names.trim_start().starts_with("@media") {
            rest.split('{').next().unwrap()
        } else {
            names
        }
    });
    for name in rules.flat_map(|names| names.split(',')) {
        assert!(name.trim().starts_with(".haechi-statistics"), "{name}");
    }
}

#[test]
fn nothing_a_client_sends_is_markup_or_acts() {
    let (tame, attacked) = (html(&sample(), Kind::Page), html(&hostile(), Kind::Page));
    for markup in ["<script", "<img", "</td>", "<i ", "<a ", "<svg"] {
        let rows = |page: &str| page.matches(markup).count();
        if markup != "</td>" {
            assert_eq!(rows(&tame), rows(&attacked), "{markup}");
        }
    }
    assert!(attacked.contains(
        "&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&amp;\\u202e\\x1b[2J\\x9b31m\\r\\n"
    ));
    let acting = |c: char| (c.is_control() && c != '\n') || ('\u{2028}'..='\u{202e}').contains(&c);
    assert!(!attacked.chars().any(acting));
}

#[test]
fn an_attack_adds_no_cell_to_a_table() {
    let page = html(&hostile(), Kind::Page);
    let body = page.split("<tbody data-rows=\"in_flight\">").nth(1).unwrap();
    let body = body.split("</tbody>").next().unwrap();
    assert_eq!(body.matches("<td").count(), IN_FLIGHT.len() * hostile().in_flight.len());
    assert_eq!(body.matches("<td").count(), body.matches("</td>").count());
}

#[test]
fn the_script_puts_text_in_as_text_only_and_ends_where_it_should() {
    for way in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "</script"] {
        assert!(!SCRIPT.contains(way), "{way}");
    }
    assert!(!STYLE.contains("</style"));
}

#[test]
fn the_script_knows_every_format() {
    let page = html(&sample(), Kind::Page);
    for part in page.split("data-f=\"").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(SCRIPT.contains(&format!("    {name}: ")), "{name}");
    }
}

#[test]
fn what_there_is_none_of_is_hidden() {
    let mut empty = sample();
    empty.in_flight.clear();
    empty.workers_gone = 0;
    let page = html(&empty, Kind::Page);
    assert!(page.contains("data-if=\"in_flight\" hidden"));
    assert!(page.contains("data-if=\"dropped\" hidden"));
    assert!(page.contains("<span data-if=\"workers_gone\" hidden"));
    assert!(page.contains("data-if=\"routes\">"));
}

/// Writes the pages a person looks at when the style is changed.
#[test]
#[ignore = "for looking at: set HAECHI_SAMPLE_FOLDER"]
fn sample_pages() {
    let folder = std::path::PathBuf::from(std::env::var_os("HAECHI_SAMPLE_FOLDER").unwrap());
    for (name, statistics) in [("sample", sample()), ("hostile", hostile())] {
        let write = |end: &str, content: String| {
            std::fs::write(folder.join(format!("{name}.{end}")), content).unwrap();
        };
        write("html", html(&statistics, Kind::Page));
        write("fragment.html", html(&statistics, Kind::Fragment));
        write("txt", crate::statistics::text(&statistics));
        write("json", serde_json::to_string(&statistics).unwrap());
    }
}
