/// Parts of paths under which a language, its packages and web2py itself lie.
const LIBRARIES: [&str; 5] =
    ["/site-packages/", "/dist-packages/", "/lib/python", "/gluon/", "/haechi/"];

/// Whether a frame of Python is the app's own code: not Python's, an installed
/// package's, or web2py's outside of its apps. `source` is the line that runs;
/// web2py adds one behind an app's file that calls the action, which nobody wrote.
#[must_use]
pub fn is_own_code(file: &str, function: &str, source: &str) -> bool {
    let behind_the_file = function == "<module>" && source.is_empty();
    !behind_the_file && is_own_file(file)
}

/// Whether a file of Python is the app's own, as far as its path tells.
#[must_use]
pub fn is_own_file(file: &str) -> bool {
    if file.contains("/applications/") {
        return true;
    }
    !file.starts_with('<') && !LIBRARIES.iter().any(|part| file.contains(part))
}

#[cfg(test)]
mod tests {
    use super::is_own_code;

    #[test]
    fn an_apps_files_are_its_own_wherever_they_lie() {
        for (file, function, source, own) in [
            ("/srv/web2py/applications/shop/controllers/default.py", "index", "pay()", true),
            (
                "/usr/lib/python3/dist-packages/applications/shop/models/db.py",
                "<module>",
                "x",
                true,
            ),
            ("/srv/web2py/applications/shop/controllers/default.py", "<module>", "", false),
            ("/srv/web2py/gluon/restricted.py", "restricted", "exec(ccode)", false),
            ("/srv/v/lib/python3.11/site-packages/x.py", "f", "y", false),
            ("<string>", "f", "", false),
            ("/srv/tool.py", "main", "run()", true),
        ] {
            assert_eq!(is_own_code(file, function, source), own, "{file} {function}");
        }
    }
}
