use crate::stack::{Cause, Frame};
use crate::template::template;

/// Which occurrences are the same issue, and why. The rules have a version;
/// stored occurrences can be grouped again by newer ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// Equal for occurrences of one issue.
    pub fingerprint: u64,
    /// What makes them the same, for people: "same because …".
    pub reason: String,
    /// Where it happened, for titles: `function` in `file`.
    pub culprit: String,
}

impl Grouping {
    /// The version of the rules.
    pub const VERSION: u32 = 1;

    /// Groups by app, type, the message without its data, and the app's own
    /// frames by file and function, with the source line of the innermost. Line
    /// numbers do not count: they move with every edit. A chain of causes counts
    /// by the types in it.
    #[must_use]
    pub fn of(app: &str, kind: &str, message: &str, causes: &[Cause<'_>]) -> Self {
        let frames = own_frames(causes);
        let message = template(message);
        let mut parts = vec![app.to_owned(), kind.to_owned(), message.clone()];
        parts
            .extend(frames.iter().map(|frame| format!("{}:{}", place(frame.file), frame.function)));
        parts.extend(frames.last().map(|frame| template(frame.source)));
        parts.extend(causes.iter().skip(1).map(|cause| cause.kind.to_owned()));
        let culprit = frames.last().map(|frame| shown(frame)).unwrap_or_default();
        Self { fingerprint: hash(&parts), reason: reason(kind, &message, &frames, causes), culprit }
    }
}

/// What stands in the message of a worker's death between how it died and what
/// it was doing.
const WHILE: &str = " while handling ";

impl Grouping {
    /// Groups workers that died in a request: by app, route, and how they died.
    /// Neither the path nor the place the code was at counts; both are chance.
    #[must_use]
    pub fn of_worker_death(app: &str, route: &str, message: &str) -> Self {
        let how = template(message.split_once(WHILE).map_or(message, |(how, _)| how));
        let parts = ["worker died", app, route, &how].map(str::to_owned);
        let reason = format!("same because all are workers {how} in the route {route}");
        Self { fingerprint: hash(&parts), reason, culprit: route.to_owned() }
    }

    /// The message of a worker's death: how ("killed by SIGKILL"), in what ("GET
    /// /shop/slow"), and for how many milliseconds it had been at it, if known.
    #[must_use]
    pub fn worker_death_message(how: &str, doing: &str, age_ms: Option<u64>) -> String {
        match age_ms {
            Some(ms) => format!("{how}{WHILE}{doing} for {}.{} s", ms / 1000, ms % 1000 / 100),
            None => format!("{how}{WHILE}{doing}"),
        }
    }
}

fn reason(kind: &str, message: &str, frames: &[&Frame<'_>], causes: &[Cause<'_>]) -> String {
    let mut out = format!("same because all are {kind}");
    if !message.is_empty() {
        out += &format!(" with the message “{message}”");
    }
    match frames {
        [] => out += ", with no frame of the app's own",
        [.., last] => out += &format!(", raised in {}", shown(last)),
    }
    if frames.len() > 1 {
        out += &format!(" and called through the same {} functions of the app", frames.len() - 1);
    }
    if let [_, from @ ..] = causes
        && !from.is_empty()
    {
        let kinds: Vec<_> = from.iter().map(|cause| cause.kind).collect();
        out += &format!(", after {}", kinds.join(", "));
    }
    out
}

/// The app's own frames of the exception itself, each run of recursion once.
fn own_frames<'a, 'b>(causes: &'b [Cause<'a>]) -> Vec<&'b Frame<'a>> {
    let Some(cause) = causes.first() else { return Vec::new() };
    let mut frames: Vec<&Frame<'_>> = cause.frames.iter().filter(|frame| frame.in_app).collect();
    frames.dedup_by(|a, b| (a.file, a.function) == (b.file, b.function));
    frames
}

fn shown(frame: &Frame<'_>) -> String {
    match frame.function {
        "" => place(frame.file).to_owned(),
        function => format!("{function} ({})", place(frame.file)),
    }
}

/// The last two parts of a path: enough to tell files apart, and the same
/// wherever the app is installed.
fn place(file: &str) -> &str {
    let mut slashes = file.rmatch_indices('/');
    let _ = slashes.next();
    slashes.next().map_or(file, |(at, _)| &file[at + 1..])
}

/// FNV-1a with a separator no text contains, so that parts cannot run together.
fn hash(parts: &[String]) -> u64 {
    let fold = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    // the store's integers are signed: 63 bits
    bytes.fold(0xcbf2_9ce4_8422_2325, fold) >> 1
}
