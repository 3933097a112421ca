use std::fmt::Write;

use serde_json::Value;

use super::format::Format;
use super::{State, Statistics};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("live.js");
const MARK: &str = include_str!("mark.svg");

/// The classes of a status, as [`super::StatusClasses`] names them.
const CLASSES: [&str; 6] = ["2xx", "3xx", "4xx", "5xx", "1xx", "none"];

/// What the HTML will be part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: a whole document.
    Page,
    /// Another page: one element, which brings its own style and script.
    Fragment,
}

/// The statistics as HTML that needs no other file. Every two seconds it asks
/// its own address for JSON and shows that; without scripts a page loads anew
/// every five. Whatever came from outside is text, never markup.
#[must_use]
pub fn html(statistics: &Statistics, kind: Kind) -> String {
    let value = serde_json::to_value(statistics).unwrap_or(Value::Null);
    let mut page = Page { out: String::with_capacity(32 * 1024), value: &value };
    if kind == Kind::Page {
        page.begin(&statistics.app);
    }
    page.raw("<div class=\"haechi-statistics\"><style>").raw(STYLE).raw("</style>");
    page.head(statistics);
    page.tiles();
    page.statuses();
    page.tables();
    page.foot(statistics);
    page.raw("</div><script>").raw(SCRIPT).raw("</script>");
    if kind == Kind::Page {
        page.raw("</body></html>\n");
    }
    page.out
}

struct Page<'a> {
    out: String,
    value: &'a Value,
}

#[derive(Clone, Copy)]
struct Column {
    title: &'static str,
    key: &'static str,
    format: Format,
    class: &'static str,
    /// Whether a value above zero (a status from 500) is bad news.
    bad: bool,
}

const fn column(
    title: &'static str,
    key: &'static str,
    format: Format,
    class: &'static str,
) -> Column {
    Column { title, key, format, class, bad: false }
}

const fn bad(column: Column) -> Column {
    Column { bad: true, ..column }
}

const IN_FLIGHT: [Column; 6] = [
    column("Age", "age_ms", Format::Ms, ""),
    column("Method", "method", Format::Text, ""),
    column("Path", "path", Format::Text, "h-m"),
    column("Route", "route", Format::Text, "h-spare"),
    column("Client", "client", Format::Text, "h-spare"),
    column("Worker", "pid", Format::Text, "h-n"),
];
const ROUTES: [Column; 8] = [
    column("Route", "route", Format::Text, "h-m"),
    column("Method", "method", Format::Text, "h-spare"),
    column("Time", "time_share", Format::Share, "h-share"),
    column("Total", "total_ms", Format::Ms, "h-n h-spare"),
    column("Requests", "requests", Format::Count, "h-n"),
    column("Mean", "mean_ms", Format::Ms, "h-n h-spare"),
    column("p95", "p95_ms", Format::Ms, "h-n"),
    bad(column("Errors", "errors", Format::Count, "h-n")),
];
const SLOWEST: [Column; 6] = [
    column("Took", "duration_ms", Format::Ms, ""),
    bad(column("Status", "status", Format::Status, "h-n")),
    column("Method", "method", Format::Text, "h-spare"),
    column("Path", "path", Format::Text, "h-m"),
    column("Route", "route", Format::Text, "h-spare"),
    column("At (UTC)", "time", Format::Clock, "h-n"),
];
const WORKERS: [Column; 5] = [
    column("Process", "pid", Format::Text, ""),
    column("State", "state", Format::Text, ""),
    column("Requests", "requests", Format::Count, "h-n"),
    column("In flight", "in_flight", Format::Count, "h-n"),
    column("Since", "since", Format::Time, "h-n"),
];

impl Page<'_> {
    fn raw(&mut self, markup: &str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Text that [`Format`] has made inert, escaped for elements and attributes.
    fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                c => self.out.push(c),
            }
        }
        self
    }

    fn at(&self, path: &str) -> &Value {
        path.split('.').fold(self.value, |value, key| &value[key])
    }

    /// A value that the script keeps fresh.
    fn live(&mut self, path: &str, format: Format) -> &mut Self {
        self.tagged_live(path, format, "")
    }

    fn tagged_live(&mut self, path: &str, format: Format, test_id: &str) -> &mut Self {
        let shown = format.show(self.at(path));
        let _ = write!(self.out, "<span data-v=\"{path}\" data-f=\"{}\"", format.name());
        if !test_id.is_empty() {
            let _ = write!(self.out, " data-testid=\"{test_id}\"");
        }
        self.raw(">").text(&shown).raw("</span>")
    }

    /// Begins an element that is seen only while the value is not nothing.
    fn open_if(&mut self, tag: &str, path: &str) -> &mut Self {
        let nothing = match self.at(path) {
            Value::Array(items) => items.is_empty(),
            Value::Object(items) => items.is_empty(),
            other => other.as_u64().unwrap_or(0) == 0,
        };
        let hidden = if nothing { " hidden" } else { "" };
        let _ = write!(self.out, "<{tag} data-if=\"{path}\"{hidden}>");
        self
    }

    fn begin(&mut self, app: &str) {
        let title = Format::Text.show(&Value::from(app));
        self.raw("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">")
            .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .raw("<meta name=\"color-scheme\" content=\"light dark\">")
            .raw("<meta name=\"robots\" content=\"noindex\">")
            .raw("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>")
            .raw("<link rel=\"icon\" href=\"data:,\"><title>Statistics of ")
            .text(&title)
            .raw("</title><style>html{background:#f6f6f3}body{margin:0}")
            .raw("@media(prefers-color-scheme:dark){html{background:#101417}}</style>")
            .raw("</head><body>");
    }

    fn head(&mut self, statistics: &Statistics) {
        let (state, tone) = match statistics.state {
            State::On => ("live", "good"),
            State::Paused => ("paused", "warn"),
        };
        self.raw("<div class=\"h-head\">").raw(MARK).raw("<div><h1>");
        self.live("app", Format::Text).raw("</h1><p class=\"h-muted\">counting since ");
        self.live("since", Format::Time).raw(" · workers running: ");
        self.live("workers_running", Format::Count);
        self.open_if("span", "workers_gone").raw(", gone: ");
        self.live("workers_gone", Format::Count).raw("</span></p></div>");
        let _ = write!(
            self.out,
            "<span class=\"h-state\" role=\"status\" data-testid=\"haechi-state\" data-tone=\"{tone}\">{state}</span></div>"
        );
    }

    fn tiles(&mut self) {
        self.raw("<div class=\"h-tiles\"><div class=\"h-card\"><p class=\"h-muted\">Requests</p>");
        self.raw("<p class=\"h-big\">").tagged_live(
            "requests.total",
            Format::Count,
            "haechi-requests",
        );
        self.raw("</p><p class=\"h-muted\">").live("requests.last_minute", Format::Count);
        self.raw(" in the last minute<br>").live("requests.last_hour", Format::Count);
        self.raw(" in the last hour</p></div>");

        self.raw("<div class=\"h-card\"><p class=\"h-muted\">Now</p><p class=\"h-big\">");
        self.tagged_live("requests.per_second", Format::Rate, "haechi-rps");
        self.raw(" <small>requests/s</small></p><svg class=\"h-spark\" viewBox=\"0 0 60 20\"")
            .raw(" preserveAspectRatio=\"none\" role=\"img\"")
            .raw(" aria-label=\"Requests in each of the last 60 seconds\"><path data-spark d=\"");
        self.spark();
        self.raw("\"></path></svg></div>");

        self.raw("<div class=\"h-card\"><p class=\"h-muted\">In flight</p><p class=\"h-big\">");
        self.tagged_live("in_flight_total", Format::Count, "haechi-inflight");
        self.raw("</p><p class=\"h-muted\">being handled now</p></div>");

        self.raw("<div class=\"h-card\"><p class=\"h-muted\">Bytes</p><p class=\"h-big\">");
        self.live("bytes.out", Format::Bytes).raw(" <small>out</small></p><p class=\"h-muted\">");
        self.live("bytes.in", Format::Bytes).raw(" in</p></div></div>");
    }

    fn spark(&mut self) {
        let seconds: Vec<f64> =
            self.at("requests.seconds").as_array().map_or_else(Vec::new, |all| {
                all.iter().map(|count| count.as_f64().unwrap_or(0.0)).collect()
            });
        let most = seconds.iter().fold(1.0, |most: f64, count| most.max(*count));
        for (at, count) in seconds.iter().enumerate() {
            // a second without requests is still a second
            let top = 20.0 - (count / most * 19.0).max(0.4);
            let _ = write!(self.out, "M{at}.5 20V{top:.2}");
        }
    }

    fn statuses(&mut self) {
        self.raw("<div class=\"h-tiles\"><div class=\"h-card h-wide\"><h2>Latency</h2>")
            .raw("<dl class=\"h-quantiles\">");
        for quantile in ["mean", "p50", "p90", "p95", "p99", "max"] {
            let _ = write!(self.out, "<div><dt>{quantile}</dt><dd>");
            self.live(&format!("latency_ms.{quantile}"), Format::Ms).raw("</dd></div>");
        }
        self.raw("</dl></div><div class=\"h-card h-wide\"><h2>Status</h2><div class=\"h-bar\">");
        for class in CLASSES {
            let count = self.at(&format!("status.{class}")).as_u64().unwrap_or(0);
            let some = if count > 0 { " data-some" } else { "" };
            let _ = write!(
                self.out,
                "<i class=\"h-{class}\" data-grow=\"status.{class}\"{some} style=\"flex-grow:{count}\"></i>"
            );
        }
        self.raw("</div><div class=\"h-legend\">");
        for class in CLASSES {
            let path = format!("status.{class}");
            self.open_if("span", &path);
            let _ = write!(self.out, "<i class=\"h-{class}\"></i>{class} <b>");
            self.live(&path, Format::Count).raw("</b></span>");
        }
        self.raw("</div></div></div>");
    }

    fn tables(&mut self) {
        self.table("Running now", "oldest first", "in_flight", &IN_FLIGHT);
        self.table("Routes", "by total time", "routes", &ROUTES);
        self.table("Slowest requests", "of about the last hour", "slowest", &SLOWEST);
        self.table("Workers", "oldest first", "workers", &WORKERS);
    }

    fn table(&mut self, title: &str, order: &str, key: &str, columns: &[Column]) {
        self.open_if("section class=\"h-card\"", key).raw("<div class=\"h-title\"><h2>");
        self.raw(title).raw("</h2><span class=\"h-muted\">").raw(order).raw("</span></div>");
        let _ = write!(
            self.out,
            "<div class=\"h-scroll\"><table data-testid=\"haechi-{}\"><thead><tr>",
            key.replace('_', "-")
        );
        for Column { title, key, format, class, bad } in columns {
            let bad = if *bad { " data-bad" } else { "" };
            let name = format.name();
            let _ = write!(
                self.out,
                "<th scope=\"col\" class=\"{class}\" data-k=\"{key}\" data-f=\"{name}\"{bad}>{title}</th>"
            );
        }
        let _ = write!(self.out, "</tr></thead><tbody data-rows=\"{key}\">");
        let rows = self.value[key].as_array().map_or(&[][..], Vec::as_slice);
        for row in rows {
            self.raw("<tr>");
            columns.iter().for_each(|column| self.cell(column, &row[column.key]));
            self.raw("</tr>");
        }
        self.raw("</tbody></table></div>");
        let left_out = format!("{key}_left_out");
        if self.value.get(&left_out).is_some() {
            self.open_if("p class=\"h-muted\"", &left_out).raw("and ");
            self.live(&left_out, Format::Count).raw(" more</p>");
        }
        self.raw("</section>");
    }

    fn cell(&mut self, column: &Column, value: &Value) {
        let number = value.as_f64().unwrap_or(0.0);
        let least = if column.format == Format::Status { 500.0 } else { 1.0 };
        let bad = if column.bad && number >= least { " h-bad" } else { "" };
        let _ = write!(self.out, "<td class=\"{}{bad}\"", column.class);
        if column.format == Format::Share {
            let _ = write!(self.out, " style=\"--h-part:{number:.4}\"");
        }
        self.raw(">").text(&column.format.show(value)).raw("</td>");
    }

    fn foot(&mut self, statistics: &Statistics) {
        let drops: Vec<_> = statistics
            .dropped
            .iter()
            .map(|(reason, count)| {
                format!(
                    "{} {}",
                    Format::Text.show(&Value::from(reason.as_str())),
                    Format::Count.show(&Value::from(*count))
                )
            })
            .collect();
        self.open_if("p class=\"h-card\" data-testid=\"haechi-dropped\"", "dropped");
        self.raw("<b>Not kept, in all apps:</b> <span data-drops>").text(&drops.join(", "));
        self.raw(
            "</span></p><p class=\"h-muted h-foot\">Counted over all workers by Haechi. As of ",
        );
        self.live("time", Format::Time).raw(".</p>");
    }
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
