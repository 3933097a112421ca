//! Names that a ticket may have reason to load: web2py's own, and those of
//! Python by which plain values are written.

use crate::TicketError;

/// Longest name that is shown.
const SHOWN: usize = 100;

/// Classes and functions outside of web2py, by module.
const PLAIN: &[(&str, &[&str])] = &[
    ("_codecs", &["encode"]),
    ("copyreg", &["_reconstructor"]),
    ("copy_reg", &["_reconstructor"]),
    ("builtins", BUILTINS),
    ("__builtin__", BUILTINS),
    ("collections", &["OrderedDict", "defaultdict", "deque", "Counter"]),
    ("datetime", &["date", "datetime", "time", "timedelta", "timezone"]),
    ("decimal", &["Decimal"]),
    ("uuid", &["UUID"]),
];
const BUILTINS: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "long",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "unicode",
    "xrange",
];

/// Refuses a name that no ticket has reason to load. None is loaded here either
/// way; but who writes `os.system` into a ticket wants it run elsewhere.
pub(crate) fn check(module: &[u8], name: &[u8]) -> Result<(), TicketError> {
    let of_web2py =
        [b"gluon" as &[u8], b"yatl"].iter().any(|top| match module.strip_prefix(*top) {
            Some(rest) => rest.is_empty() || rest.starts_with(b"."),
            None => false,
        });
    let plain = || {
        PLAIN.iter().any(|(known, names)| {
            module == known.as_bytes() && names.iter().any(|one| name == one.as_bytes())
        })
    };
    // a dotted name leads out of its module: gluon.html's `os.system`
    if (of_web2py && !name.contains(&b'.')) || plain() {
        return Ok(());
    }
    Err(TicketError::Foreign(shown(module, name)))
}

/// `module.name`, cut and inert.
fn shown(module: &[u8], name: &[u8]) -> String {
    let whole = [module, b".", name].concat();
    let cut = &whole[..whole.len().min(SHOWN)];
    haechi_event::inert(&String::from_utf8_lossy(cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tickets_hold_passes_and_what_runs_code_is_named() {
        for (module, name) in [
            ("gluon.html", "XML_unpickle"),
            ("yatl.helpers", "XML_unpickle"),
            ("gluon.storage", "Storage"),
            ("_codecs", "encode"),
            ("builtins", "set"),
            ("datetime", "datetime"),
        ] {
            assert_eq!(check(module.as_bytes(), name.as_bytes()), Ok(()), "{module}.{name}");
        }
        for (module, name) in [
            ("os", "system"),
            ("posix", "system"),
            ("builtins", "eval"),
            ("__builtin__", "getattr"),
            ("subprocess", "Popen"),
            ("gluonx", "anything"),
            ("gluon.html", "os.system"),
            ("copyreg", "__newobj__"),
        ] {
            let refused = check(module.as_bytes(), name.as_bytes());
            assert_eq!(refused, Err(TicketError::Foreign(format!("{module}.{name}"))));
        }
        let Err(TicketError::Foreign(shown)) = check(b"\x1b[2J", &[b'x'; 500]) else {
            panic!("taken")
        };
        assert!(shown.len() < 200 && shown.starts_with("\\x1b[2J.x"), "{shown}");
    }
}
