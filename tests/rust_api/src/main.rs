//! Compares what the crate `haechi` offers with `docs/api.txt`: `make api-check`
//! says what differs, `make api` writes the file anew.
//!
//! The list is made from rustdoc's JSON, a form of its own for each release of
//! the compiler. Another compiler than the one this reads is said, and is no
//! difference.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

/// The form of rustdoc's JSON that this version of `public-api` reads: that of
/// Rust 1.95.
const FORMAT: u64 = 57;
const LIST: &str = "docs/api.txt";

fn main() -> ExitCode {
    match run(env::args().nth(1).as_deref() == Some("--write")) {
        Ok(done) => done,
        Err(error) => {
            eprintln!("api: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(write: bool) -> Result<ExitCode, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let json = rustdoc(&root)?;
    let form: serde_json::Value = serde_json::from_slice(&fs::read(&json)?)?;
    let format = form["format_version"].as_u64().unwrap_or_default();
    if format != FORMAT {
        eprintln!(
            "api: not compared: this compiler's rustdoc writes form {format}, and what reads it \
             here knows form {FORMAT}; raise public-api in tests/rust_api"
        );
        return Ok(if write { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    let now = list(&json)?;
    let file = root.join(LIST);
    if write {
        fs::write(&file, now)?;
        return Ok(ExitCode::SUCCESS);
    }
    let before = fs::read_to_string(&file).map_err(|error| format!("{LIST}: {error}"))?;
    Ok(compare(&before, &now))
}

/// Has rustdoc write what the crate offers, with all its features.
fn rustdoc(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let target = env::var_os("API_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let done = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root)
        // the form is not promised by a stable compiler, which is why it is named above
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", &target)
        .args(["rustdoc", "--quiet", "--package", "haechi", "--lib", "--all-features", "--"])
        .args(["-Zunstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .status()?;
    if !done.success() {
        return Err("rustdoc failed; `cargo doc -p haechi --all-features` says why".into());
    }
    Ok(target.join("doc/haechi.json"))
}

/// One line for each item, sorted.
fn list(json: &Path) -> Result<String, Box<dyn Error>> {
    let offered = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    let lines: BTreeSet<String> = offered.items().map(ToString::to_string).collect();
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

/// Says what came and what went.
fn compare(before: &str, now: &str) -> ExitCode {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
        (before.lines().collect(), now.lines().collect());
    if old == new {
        return ExitCode::SUCCESS;
    }
    for gone in old.difference(&new) {
        eprintln!("- {gone}");
    }
    for come in new.difference(&old) {
        eprintln!("+ {come}");
    }
    let breaks = old.difference(&new).next().is_some();
    let means = if breaks {
        "what is gone or changed (-) breaks apps that use it: after a release it takes the next \
         0.x version"
    } else {
        "nothing is gone: after a release it takes the next patch version"
    };
    eprintln!("api: the crate `haechi` offers something else than {LIST}: {means}.");
    eprintln!("api: if that is meant, write it into CHANGELOG.md and run `make api`");
    ExitCode::FAILURE
}
