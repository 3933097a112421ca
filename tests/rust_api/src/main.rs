//! Compares what the crate `haechi` offers with `docs/api.txt`: `make api-check`
//! says what differs, `make api` writes the file anew. What it offers of the crates
//! below it is part of that, under the name it has there.
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
/// Whose items `haechi` hands on.
const BELOW: [&str; 2] = ["haechi-event", "haechi-spool"];

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
    let json = rustdoc(&root, "haechi")?;
    let form: serde_json::Value = serde_json::from_slice(&fs::read(&json)?)?;
    let format = form["format_version"].as_u64().unwrap_or_default();
    if format != FORMAT {
        eprintln!(
            "api: not compared: this compiler's rustdoc writes form {format}, and what reads it \
             here knows form {FORMAT}; raise public-api in tests/rust_api"
        );
        return Ok(if write { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    let mut now = list(&json)?;
    let handed_on = handed_on(&form);
    for below in BELOW {
        let offered = list(&rustdoc(&root, below)?)?;
        now.extend(offered.into_iter().filter(|line| handed_on.iter().any(|of| is_of(line, of))));
    }
    let now: String = now.into_iter().map(|line| line + "\n").collect();
    let file = root.join(LIST);
    if write {
        fs::write(&file, now)?;
        return Ok(ExitCode::SUCCESS);
    }
    let before = fs::read_to_string(&file).map_err(|error| format!("{LIST}: {error}"))?;
    Ok(compare(&before, &now))
}

/// Has rustdoc write what a crate offers, with all its features.
fn rustdoc(root: &Path, package: &str) -> Result<PathBuf, Box<dyn Error>> {
    let target = env::var_os("API_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let done = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root)
        // the form is not promised by a stable compiler, which is why it is named above
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", &target)
        .args(["rustdoc", "--quiet", "--package", package, "--lib", "--all-features", "--"])
        .args(["-Zunstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .status()?;
    if !done.success() {
        let why = format!("rustdoc failed; `cargo doc -p {package} --all-features` says why");
        return Err(why.into());
    }
    Ok(target.join(format!("doc/{}.json", package.replace('-', "_"))))
}

/// One line for each item, sorted.
fn list(json: &Path) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let offered = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    Ok(offered.items().map(ToString::to_string).collect())
}

/// Paths of what the crate hands on of those below it, as in `haechi_event::Part`.
fn handed_on(form: &serde_json::Value) -> BTreeSet<String> {
    let items = form["index"].as_object().into_iter().flat_map(|index| index.values());
    let sources = items.filter_map(|item| item["inner"]["use"]["source"].as_str());
    let below = BELOW.map(|package| package.replace('-', "_") + "::");
    let handed_on = |source: &&str| below.iter().any(|below| source.starts_with(below));
    sources.filter(handed_on).map(str::to_owned).collect()
}

/// Whether a line tells of the item at `path`, of something in it, or of a trait that it has.
fn is_of(line: &str, path: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    let found = |at: usize| ends(&line[at + path.len()..]);
    let mut places = line.match_indices(path).map(|(at, _)| at).filter(|at| found(*at));
    let krate = path.split_inclusive("::").next().unwrap_or(path);
    // the first path of a crate's own is the item's; those behind it are what it takes
    let own = line.find(krate);
    if line.starts_with("impl") {
        places.next().is_some()
    } else {
        places.any(|at| Some(at) == own)
    }
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
