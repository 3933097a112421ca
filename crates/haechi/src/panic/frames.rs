use backtrace::{BacktraceFrame, BacktraceSymbol};
use haechi_event::{Frame, StackWriter};
use std::panic::Location;

/// Frames of one stack that are looked at.
const FRAMES_MAX: usize = 128;
/// Frames that are kept: the innermost.
const KEPT: usize = 64;

/// Writes the stack of the running thread, outermost first, down to the place of
/// the panic; what the panic itself called is left out.
pub(crate) fn write(stack: &mut StackWriter<'_>, at: Option<&Location<'_>>) {
    let trace = backtrace::Backtrace::new();
    let symbols: Vec<_> =
        trace.frames().iter().flat_map(BacktraceFrame::symbols).take(FRAMES_MAX).collect();
    let begins = symbols.iter().position(|symbol| is_at(symbol, at));
    let shown = &symbols[begins.unwrap_or(0)..];
    let kept = &shown[..shown.len().min(KEPT)];
    for symbol in kept.iter().rev() {
        let name = symbol.name().map(|name| format!("{name:#}")).unwrap_or_default();
        let file = symbol.filename().map(|file| file.to_string_lossy()).unwrap_or_default();
        stack.frame(&Frame {
            file: &file,
            function: &name,
            line: symbol.lineno().unwrap_or_default(),
            in_app: is_own(&file, &name),
            ..Frame::default()
        });
    }
    if kept.is_empty()
        && let Some(at) = at
    {
        let (file, line) = (at.file(), at.line());
        stack.frame(&Frame { file, line, in_app: true, ..Frame::default() });
    }
}

/// Whether a frame is the one the panic's location names. Locations are as given
/// to the compiler, debug information may name whole paths.
fn is_at(symbol: &BacktraceSymbol, at: Option<&Location<'_>>) -> bool {
    let (Some(at), Some(file)) = (at, symbol.filename()) else { return false };
    symbol.lineno() == Some(at.line()) && file.ends_with(at.file())
}

/// Code that came neither from a registry or a repository of packages, nor with
/// the compiler.
fn is_own(file: &str, function: &str) -> bool {
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
    let foreign = ["/.cargo/registry/", "/.cargo/git/", "/rustc/", "/rustlib/", ours];
    let runtime = ["std::", "core::", "alloc::", "__rust"];
    !file.is_empty()
        && !foreign.iter().any(|part| file.contains(part))
        && !runtime.iter().any(|part| function.starts_with(part))
}
