use backtrace::{BacktraceFrame, BacktraceSymbol};
use haechi_event::{Frame, StackWriter};
use std::panic::Location;
use std::sync::OnceLock;

/// Frames of one stack that are looked at.
const FRAMES_MAX: usize = 128;
/// Frames that are kept: the innermost.
const KEPT: usize = 64;

/// Writes the stack of the running thread, outermost first, down to the place of
/// the panic; what the panic itself called is left out. Where a program was
/// stripped of its debug information, frames have names only.
pub(crate) fn write(stack: &mut StackWriter<'_>, at: Option<&Location<'_>>) {
    let trace = backtrace::Backtrace::new();
    let symbols: Vec<_> =
        trace.frames().iter().flat_map(BacktraceFrame::symbols).take(FRAMES_MAX).collect();
    let begins = symbols.iter().position(|symbol| is_at(symbol, at));
    let begins = begins.or_else(|| behind_panic(&symbols)).unwrap_or(symbols.len());
    let (innermost, outer) = match &symbols[begins..] {
        [innermost, outer @ ..] => (name_of(innermost), &outer[..outer.len().min(KEPT)]),
        [] => (String::new(), &[][..]),
    };
    for symbol in outer.iter().rev() {
        let name = name_of(symbol);
        let file = symbol.filename().map(|file| file.to_string_lossy()).unwrap_or_default();
        stack.frame(&Frame {
            file: &file,
            function: &name,
            line: symbol.lineno().unwrap_or_default(),
            in_app: is_own(&file, &name),
            ..Frame::default()
        });
    }
    if let Some(at) = at {
        let (file, line) = (at.file(), at.line());
        let in_app = is_own(file, &innermost);
        stack.frame(&Frame { file, function: &innermost, line, in_app, ..Frame::default() });
    }
}

fn name_of(symbol: &BacktraceSymbol) -> String {
    symbol.name().map(|name| format!("{name:#}")).unwrap_or_default()
}

/// The first frame that is not of the panic itself, by its name.
fn behind_panic(symbols: &[&BacktraceSymbol]) -> Option<usize> {
    let of_panic = |symbol: &&BacktraceSymbol| {
        let name = name_of(symbol);
        name.contains("panicking") || name.contains("rust_begin_unwind")
    };
    symbols.iter().rposition(of_panic).map(|last| last + 1)
}

/// Whether a frame is the one the panic's location names. Locations are as given
/// to the compiler, debug information may name whole paths.
fn is_at(symbol: &BacktraceSymbol, at: Option<&Location<'_>>) -> bool {
    let (Some(at), Some(file)) = (at, symbol.filename()) else { return false };
    symbol.lineno() == Some(at.line()) && file.ends_with(at.file())
}

/// Code that came neither from a registry or a repository of packages, nor with
/// the compiler, nor from here. Without a file the name of the crate decides.
fn is_own(file: &str, function: &str) -> bool {
    if file.is_empty() {
        let crate_of_it = function.trim_start_matches('<').split("::").next();
        return crate_of_it.is_some_and(|name| name == program());
    }
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
    let foreign = ["/.cargo/registry/", "/.cargo/git/", "/rustc/", "/rustlib/", ours];
    let runtime = ["std::", "core::", "alloc::", "__rust"];
    file.ends_with(".rs")
        && !foreign.iter().any(|part| file.contains(part))
        && !runtime.iter().any(|part| function.starts_with(part))
}

/// The name of the running program's own crate, as its functions carry it.
fn program() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let path = std::env::current_exe().unwrap_or_default();
        path.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_")
    })
}
