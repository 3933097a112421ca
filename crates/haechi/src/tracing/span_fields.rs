use crate::spans::label::Label;
use haechi_event::{Part, Quotes, known_method};
use std::fmt::{self, Debug, Display};
use tracing::Metadata;
use tracing::field::{Field, Visit};

/// Texts by how well they name a span.
const NAME: u8 = 1;
const HOST: u8 = 2;
const SUMMARY: u8 = 3;
const QUERY: u8 = 4;

/// Reads what a span says of itself, by OpenTelemetry's conventions, the present
/// and the former ones.
pub(super) struct SpanFields<'l> {
    label: &'l mut Label,
    is_client: bool,
    is_server: bool,
    has_method: bool,
}

impl<'l> SpanFields<'l> {
    /// Of a span that is made.
    pub(super) fn of(label: &'l mut Label, metadata: &'static Metadata<'static>) -> Self {
        // places in other people's code say nothing of the app's
        let file = metadata.file().unwrap_or_default();
        let is_own = !file.contains("/.cargo/") && !file.starts_with("/rustc/");
        let (file, line) =
            if is_own { (file, metadata.line().unwrap_or_default()) } else { ("", 0) };
        label.restart(metadata.name(), file, line);
        let is_server = metadata.target().starts_with("tower_http::trace");
        Self { label, is_client: false, is_server, has_method: false }
    }

    /// Of one that says more of itself.
    pub(super) const fn more(label: &'l mut Label) -> Self {
        Self { label, is_client: false, is_server: false, has_method: false }
    }

    /// Decides what it is; whether it is a part of the request, and not the
    /// request itself once more.
    pub(super) fn into_part(self) -> bool {
        let Self { label, is_client, is_server, has_method } = self;
        if is_client && has_method && label.part == Part::Other {
            label.part = Part::HttpClient;
        }
        !is_server
    }

    fn text(&mut self, name: &str, value: &dyn Display) {
        let label = &mut *self.label;
        let value = format_args!("{value}");
        match name {
            "db.query.text" | "db.statement" => {
                self.db();
                self.label.call(QUERY, value);
            }
            "db.query.summary" => label.call(SUMMARY, value),
            "db.system.name" | "db.system" => self.system(value),
            "db.operation.name" | "db.operation" => {
                self.db();
                self.label.call(NAME, value);
            }
            "http.request.method" | "http.method" => {
                label.method = Word::of(value).is(known_method);
                self.has_method = true;
            }
            "url.full" | "http.url" => label.call(QUERY, value),
            "server.address" | "net.peer.name" => label.call(HOST, value),
            "rpc.system" | "rpc.system.name" => self.has_method = true,
            "otel.name" => label.call(NAME, value),
            "otel.kind" => match Word::of(value).as_str() {
                kind if kind.eq_ignore_ascii_case("client") => self.is_client = true,
                kind if kind.eq_ignore_ascii_case("server") => self.is_server = true,
                _ => {}
            },
            "otel.status_code" => {
                label.failed |= Word::of(value).as_str().eq_ignore_ascii_case("error");
            }
            "error.type" | "exception.type" => label.failed = true,
            _ => {}
        }
    }

    fn db(&mut self) {
        if self.label.part == Part::Other {
            self.label.part = Part::Db;
        }
    }

    fn system(&mut self, value: fmt::Arguments<'_>) {
        self.label.part = match Word::of(value).as_str() {
            "redis" | "memcached" => Part::Cache,
            system => {
                if matches!(system, "mysql" | "mariadb") {
                    self.label.quotes = Quotes::Text;
                }
                Part::Db
            }
        };
    }

    fn number(&mut self, name: &str, value: u64) {
        match name {
            "db.response.returned_rows" => self.label.rows = Some(value),
            "http.response.status_code" | "http.status_code" => {
                self.label.status = u16::try_from(value).unwrap_or_default();
                self.label.failed |= value >= 500;
            }
            _ => {}
        }
    }
}

impl Visit for SpanFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field.name(), value.try_into().unwrap_or_default());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.label.failed |= field.name() == "error" && value;
    }

    fn record_error(&mut self, field: &Field, _: &(dyn std::error::Error + 'static)) {
        self.label.failed |= field.name() == "error";
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field.name(), &Shown(value));
    }
}

/// `%value` comes as something that only has a `Debug` form.
struct Shown<'v>(&'v dyn Debug);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self.0, f)
    }
}

/// A short word, without an allocation; a longer one is none.
struct Word {
    bytes: [u8; 24],
    len: usize,
}

impl Word {
    fn of(text: fmt::Arguments<'_>) -> Self {
        let mut word = Self { bytes: [0; 24], len: 0 };
        if fmt::Write::write_fmt(&mut word, text).is_err() {
            word.len = 0;
        }
        word
    }

    fn as_str(&self) -> &str {
        // also as `?value` shows it
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default().trim_matches('"')
    }

    fn is<T>(&self, what: impl Fn(&str) -> T) -> T {
        what(self.as_str())
    }
}

impl fmt::Write for Word {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
