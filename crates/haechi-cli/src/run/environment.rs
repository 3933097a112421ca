use super::library::Library;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The variables a watched program gets beside those it would have had.
pub(super) fn environment(
    data_dir: &Path,
    output: bool,
    library: Option<&Library>,
    python_path: Option<&OsStr>,
) -> Vec<(&'static str, OsString)> {
    let mut variables = vec![
        ("HAECHI_RUN", OsString::from("1")),
        ("HAECHI_DIR", data_dir.into()),
        ("HAECHI_STATISTICS", OsString::from("on")),
        ("HAECHI_OUTPUT", OsString::from(if output { "on" } else { "off" })),
    ];
    if let Some(library) = library {
        variables.push(("HAECHI_LIB", library.folder.clone().into()));
        variables.push(("PYTHONPATH", prefixed(&library.bootstrap(), python_path)));
    }
    variables
}

/// The old value stays behind ours, without ours if a `haechi run` inside
/// another put it there already.
fn prefixed(bootstrap: &Path, old: Option<&OsStr>) -> OsString {
    let mut value = OsString::from(bootstrap);
    let old = old.filter(|old| !old.is_empty());
    for folder in old.iter().flat_map(|old| std::env::split_paths(old)) {
        if folder != bootstrap {
            value.push(":");
            value.push(folder);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python_path(old: Option<&str>) -> OsString {
        let library = Library { folder: "/opt/lib/haechi".into() };
        let all = environment(Path::new("/data"), true, Some(&library), old.map(OsStr::new));
        all.into_iter().find(|(name, _)| *name == "PYTHONPATH").unwrap().1
    }

    #[test]
    fn the_old_python_path_stays_behind_ours() {
        assert_eq!(python_path(None), "/opt/lib/haechi/bootstrap");
        assert_eq!(python_path(Some("")), "/opt/lib/haechi/bootstrap");
        assert_eq!(python_path(Some("/a:/b")), "/opt/lib/haechi/bootstrap:/a:/b");
    }

    #[test]
    fn a_run_inside_a_run_adds_nothing() {
        let once = python_path(Some("/a"));
        assert_eq!(python_path(once.to_str()), once);
    }

    #[test]
    fn without_the_python_part_its_path_is_left_alone() {
        let all = environment(Path::new("/data"), false, None, Some(OsStr::new("/a")));
        assert!(all.iter().all(|(name, _)| *name != "PYTHONPATH"));
        assert!(all.contains(&("HAECHI_DIR", "/data".into())));
        assert!(all.contains(&("HAECHI_OUTPUT", "off".into())));
    }
}
