use std::env;
use std::path::{Path, PathBuf};

/// The folder with the Python part: `bootstrap/` and `python/haechi/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Library {
    pub(crate) folder: PathBuf,
}

impl Library {
    /// Where it belongs: `$HAECHI_LIB`, else `../lib/haechi` beside this
    /// program's own folder. `None` if this program cannot find itself.
    pub(crate) fn expected() -> Option<Self> {
        if let Some(folder) = env::var_os("HAECHI_LIB").filter(|folder| !folder.is_empty()) {
            return std::path::absolute(folder).ok().map(|folder| Self { folder });
        }
        let program = env::current_exe().ok()?.canonicalize().ok()?;
        let folder = program.parent()?.parent()?.join("lib").join("haechi");
        Some(Self { folder })
    }

    /// The folder that goes in front of `PYTHONPATH`.
    pub(crate) fn bootstrap(&self) -> PathBuf {
        self.folder.join("bootstrap")
    }

    /// The folder the package is in.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("python")
    }

    /// The first file that must be there for a program to be started with this
    /// library, and is not. The native part is not among them: without it the
    /// package says so itself and keeps the names that apps have come to use.
    pub(crate) fn missing(&self) -> Option<PathBuf> {
        let package = self.python().join("haechi").join("__init__.py");
        [self.bootstrap().join("sitecustomize.py"), package].into_iter().find(|file| !is_file(file))
    }
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_missing_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library { folder: dir.path().to_path_buf() };
        assert_eq!(library.missing(), Some(dir.path().join("bootstrap/sitecustomize.py")));
        for file in ["bootstrap/sitecustomize.py", "python/haechi/__init__.py"] {
            let file = dir.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        assert_eq!(library.missing(), None);
    }
}
