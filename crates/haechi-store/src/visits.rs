//! Who asked for what: the words of [`crate::Store::visits`].

use haechi_event::Flags;

/// Asks who visited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VisitsQuery {
    /// Only this app.
    pub app: Option<String>,
    /// Only people (`false`) or only programs (`true`).
    pub programs: Option<bool>,
    /// Begin, Unix ms.
    pub from_ms: u64,
    /// End, Unix ms.
    pub to_ms: u64,
    /// Rows each list has at the most.
    pub limit: usize,
}

/// A name and what was counted for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visit {
    /// An address, a user agent, a referrer, a path, a user or a country.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// Those of them that programs sent.
    pub by_programs: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
}

/// Answer to [`VisitsQuery`]. Lists begin with the most requests; equal ones
/// stand by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visits {
    /// Requests that were counted.
    pub requests: u64,
    /// Those of them that programs sent, by [`is_program`].
    pub by_programs: u64,
    /// Different client addresses: exact below 512, with a standard error of 4.4 %
    /// from there on.
    pub clients_seen: u64,
    /// Client addresses.
    pub clients: Vec<Visit>,
    /// User agents.
    pub agents: Vec<Visit>,
    /// Referrers; requests without one are not among them.
    pub referrers: Vec<Visit>,
    /// Paths that were answered with 404.
    pub not_found: Vec<Visit>,
    /// Users; requests that nobody was signed in for are not among them.
    pub users: Vec<Visit>,
    /// Paths of static files, by [`is_static_file`].
    pub static_files: Vec<Visit>,
    /// Countries: two letters (ISO 3166-1), [`crate::LOCAL`] or [`crate::UNKNOWN`].
    /// Counted while there was a table of addresses.
    pub countries: Vec<Visit>,
    /// Requests per status code, ascending; 0 where none was sent.
    pub statuses: Vec<(u16, u64)>,
    /// What was counted begins here, Unix ms: before the range if of the day it
    /// begins in only the whole is kept, after it if the time was over.
    pub counted_from_ms: u64,
    /// And ends here, Unix ms: after the range in the same way.
    pub counted_to_ms: u64,
    /// The time was over before the begin of the range was reached.
    pub is_partial: bool,
    /// More different names came than are kept apart. Those listed had at least
    /// as many requests as they say; those left out are few of each.
    pub is_capped: bool,
}

/// Parts of user agents that only programs have.
const PROGRAMS: [&str; 30] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "curl",
    "wget",
    "python",
    "java/",
    "go-http",
    "libwww",
    "headless",
    "scrapy",
    "monitor",
    "okhttp",
    "axios",
    "node",
    "uptime",
    "probe",
    "feed",
    "fetch",
    "preview",
    "externalhit",
    "httpclient",
    "http-client",
    "scan",
    "check",
    "ruby",
    "perl",
    "postman",
    "apachebench",
];

/// Whether a user agent is a program's, not a person's browser: it says so, or
/// says nothing. Programs that pretend cannot be told apart.
#[must_use]
pub fn is_program(user_agent: &str) -> bool {
    let low = user_agent.to_ascii_lowercase();
    low.trim().is_empty() || PROGRAMS.iter().any(|part| low.contains(part))
}

/// What browsers fetch for a page, and what people take away whole. Endings that
/// apps give to what they compute are not among them: `html`, `json`, `xml`,
/// `csv`, those of office programs.
const FILE_ENDINGS: [&[u8]; 46] = [
    b"css", b"js", b"mjs", b"map", b"wasm", b"txt", b"png", b"jpg", b"jpeg", b"gif", b"svg",
    b"webp", b"avif", b"ico", b"bmp", b"tif", b"tiff", b"woff", b"woff2", b"ttf", b"otf", b"eot",
    b"mp3", b"mp4", b"m4a", b"m4v", b"mov", b"webm", b"ogg", b"wav", b"flac", b"pdf", b"zip",
    b"gz", b"tgz", b"bz2", b"xz", b"zst", b"7z", b"rar", b"tar", b"iso", b"exe", b"msi", b"dmg",
    b"apk",
];
/// Letters of the longest of them.
const LONGEST_ENDING: usize = 5;

/// Whether a request was for a static file, and got it: the recorder says that no
/// code of the app ran, or the path ends as a file's. Most servers do not tell
/// their files from the app's pages, so that of those only the name speaks. A
/// redirect is none: the file is counted where it leads to.
#[must_use]
pub fn is_static_file(flags: Flags, status: u16, path: &str) -> bool {
    let was_got = matches!(status, 200..=299 | 304);
    was_got && (flags.contains(Flags::STATIC) || ends_as_a_file(path))
}

fn ends_as_a_file(path: &str) -> bool {
    let tail = &path.as_bytes()[path.len().saturating_sub(LONGEST_ENDING + 1)..];
    let Some(dot) = tail.iter().rposition(|byte| *byte == b'.') else {
        return false;
    };
    let mut low = [0; LONGEST_ENDING];
    let ending = &tail[dot + 1..];
    let low = &mut low[..ending.len()];
    low.copy_from_slice(ending);
    low.make_ascii_lowercase();
    FILE_ENDINGS.contains(&&*low)
}

#[cfg(test)]
mod tests {
    use super::{is_program, is_static_file};
    use haechi_event::Flags;

    #[test]
    fn a_static_file_is_what_was_got_and_named_or_told_as_one() {
        let told = Flags::default().with(Flags::STATIC);
        let files = ["/static/app.css", "/a/logo.PNG", "/x.tar.gz", "/f.woff2", ".js"];
        let others =
            ["/item/7", "/list.json", "", ".", "/a.b/c", "/v1.2/report", "/x.longernames", "/xcss"];
        for status in [200, 206, 304] {
            for path in files {
                assert!(is_static_file(Flags::default(), status, path), "{status} {path}");
            }
            for path in others {
                assert!(!is_static_file(Flags::default(), status, path), "{status} {path}");
                assert!(is_static_file(told, status, path), "{status} {path}");
            }
        }
        for status in [0, 199, 301, 404, 500] {
            assert!(!is_static_file(told, status, "/static/app.css"), "{status}");
        }
        // cut anywhere, also within a letter
        assert!(!is_static_file(Flags::default(), 200, "żółćżółćżółć"));
    }

    #[test]
    fn a_user_agent_is_a_programs_if_it_says_so_or_nothing() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 \
             Version/17.5 Mobile/15E148 Safari/604.1";
        for person in [firefox, safari, "Mozilla/5.0 (Windows NT 10.0) Chrome/129.0.0.0"] {
            assert!(!is_program(person), "{person}");
        }
        let google = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        for program in [google, "curl/8.5.0", "python-requests/2.32", "", " ", "Wget/1.21"] {
            assert!(is_program(program), "{program}");
        }
    }
}
