use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use super::*;

mod packing;

const PATH: &str = "HAECHI_TEST_LOG_PATH";
const NAME: &str = "HAECHI_TEST_LOG_NAME";

fn line<'a>(message: &'a str) -> Line<'a> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Line {
        unix_ns: since.as_nanos() as u64,
        pid: std::process::id(),
        app: "your_app",
        route: "default/index",
        message,
        ..Line::default()
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

fn in_folder_of(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The content of one log file, packed or not.
fn content(path: &Path) -> String {
    let mut text = String::new();
    let mut file = fs::File::open(path).unwrap();
    if path.extension().is_some_and(|end| end == "gz") {
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        file.read_to_string(&mut text).unwrap();
    }
    text
}

/// Every entry's message in the log and all files it was rotated into, and how
/// often it is there. Panics on a torn or mixed entry.
fn messages(path: &Path) -> HashMap<String, u32> {
    let mut found = HashMap::new();
    for file in in_folder_of(path) {
        if file.extension().is_some_and(|end| end == "lock" || end == "part") {
            continue;
        }
        let text = content(&file);
        assert!(text.is_empty() || text.ends_with('\n'), "{file:?} ends in the middle");
        for entry in text.lines() {
            let message = entry
                .split_once("INFO [your_app/default/index] ")
                .filter(|(before, _)| before.starts_with("20") && before.len() < 40)
                .unwrap_or_else(|| panic!("torn: {entry:?}"))
                .1;
            *found.entry(message.to_owned()).or_default() += 1;
        }
    }
    found
}

fn assert_each_once(found: &HashMap<String, u32>, expected: impl Iterator<Item = String>) {
    let mut count = 0;
    for message in expected {
        assert_eq!(found.get(&message), Some(&1), "{message:?}");
        count += 1;
    }
    assert_eq!(found.len(), count);
}

fn rotated(path: &Path, end: &str) -> usize {
    in_folder_of(path).iter().filter(|p| p.to_string_lossy().ends_with(end)).count()
}

/// Runs one of the ignored tests here as a process of its own.
fn process(test: &str, path: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", &format!("log_file::tests::{test}")])
        .envs([(PATH, path.as_os_str()), (NAME, name.as_ref())])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn told() -> Option<(PathBuf, String)> {
    Some((std::env::var_os(PATH)?.into(), std::env::var(NAME).ok()?))
}

const THREADS: usize = 4;
const LINES: usize = 1500;
const SMALL: LogFileOptions = LogFileOptions { max_bytes: 64 * 1024, keep: 1000 };

fn numbered(process: &str, thread: usize, number: usize) -> String {
    let filler = "가나다 abc ".repeat((process.len() + thread * 7 + number) % 24);
    format!("{process} {thread} {number} {filler}.")
}

#[test]
#[ignore = "a process that another test starts"]
fn writes_numbered_lines() {
    let Some((path, name)) = told() else { return };
    let log = LogFile::new(path, SMALL);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (log, name) = (&log, &name);
            scope.spawn(move || {
                (0..LINES).for_each(|number| log.write(&line(&numbered(name, thread, number))));
            });
        }
    });
    assert_eq!(log.dropped(), 0);
}

#[test]
fn lines_of_many_processes_and_threads_are_whole_and_there_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let names = ["a", "b", "c", "d"];
    let children = names.map(|name| process("writes_numbered_lines", &path, name));
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let expected = names.iter().flat_map(|name| {
        (0..THREADS).flat_map(move |t| (0..LINES).map(move |n| numbered(name, t, n)))
    });
    assert_each_once(&messages(&path), expected);
    let files = in_folder_of(&path).len();
    assert!(files > 5, "hardly rotated: {files} files");
}

#[test]
fn a_child_forked_while_threads_write_goes_on_writing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let log = LogFile::new(path.clone(), SMALL);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = &log;
            scope.spawn(move || {
                (0..LINES).for_each(|number| log.write(&line(&numbered("parent", thread, number))));
            });
        }
        for child in 0..20 {
            // SAFETY: the child only writes to the log and ends without unwinding.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                (0..50).for_each(|number| log.write(&line(&numbered("child", child, number))));
                // SAFETY: ends the child at once, running nothing of the parent's.
                unsafe { libc::_exit(i32::from(log.dropped() > 0)) };
            }
            let mut status = -1;
            // SAFETY: the pointer is valid for the call.
            assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
            assert_eq!(status, 0);
        }
    });
    let parent = (0..THREADS).flat_map(|t| (0..LINES).map(move |n| numbered("parent", t, n)));
    let children = (0..20).flat_map(|t| (0..50).map(move |n| numbered("child", t, n)));
    assert_each_once(&messages(&path), parent.chain(children));
}

#[test]
fn a_writer_that_was_idle_finds_the_file_another_began() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let options = LogFileOptions { max_bytes: 2000, keep: 1000 };
    let (idle, busy) = (LogFile::new(path.clone(), options), LogFile::new(path.clone(), options));
    idle.write(&line("idle 0"));
    (0..100).for_each(|n| busy.write(&line(&format!("busy {n}"))));
    assert!(rotated(&path, ".1") == 1);
    let mut written = 1;
    wait_until("the idle writer to follow", || {
        idle.write(&line(&format!("idle {written}")));
        written += 1;
        content(&path).contains("idle")
    });
    let expected =
        (0..written).map(|n| format!("idle {n}")).chain((0..100).map(|n| format!("busy {n}")));
    assert_each_once(&messages(&path), expected);
}

#[test]
fn no_more_old_files_are_kept_than_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let log = LogFile::new(path.clone(), LogFileOptions { max_bytes: 1000, keep: 3 });
    (0..500).for_each(|n| log.write(&line(&n.to_string())));
    let mut names: Vec<_> = in_folder_of(&path)
        .iter()
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".part"))
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["your_app.log", "your_app.log.1", "your_app.log.2", "your_app.log.3", "your_app.log.lock"]
    );
    assert!(messages(&path).contains_key("499"));
}

#[test]
fn while_another_holds_the_lock_writing_goes_on_without_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let log = LogFile::new(path.clone(), LogFileOptions { max_bytes: 1000, keep: 100 });
    let held = claim::Claim::take(&folder.path().join("your_app.log.lock")).unwrap();
    (0..100).for_each(|n| log.write(&line(&n.to_string())));
    assert_eq!((rotated(&path, ".1"), log.dropped()), (0, 0));
    drop(held);
    (100..200).for_each(|n| log.write(&line(&n.to_string())));
    assert_eq!(rotated(&path, ".1"), 1);
    assert_each_once(&messages(&path), (0..200).map(|n| n.to_string()));
}

#[test]
fn what_cannot_be_opened_is_counted_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("logs");
    let path = inside.join("your_app.log");
    fs::write(&inside, "in the way").unwrap();
    let log = LogFile::new(path.clone(), LogFileOptions::default());
    (0..10).for_each(|n| log.write(&line(&n.to_string())));
    assert_eq!(log.dropped(), 10);
    fs::remove_file(&inside).unwrap();
    let mut tried = 0;
    wait_until("the second try", || {
        log.write(&line("later"));
        tried += 1;
        path.exists()
    });
    assert_eq!(log.dropped(), 10 + tried - 1);
    assert_eq!(messages(&path)["later"], 1);
    assert_eq!(fs::metadata(&inside).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o137, 0);
}

#[test]
fn a_folder_above_the_log_folder_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let log = LogFile::new(folder.path().join("gone/logs/your_app.log"), LogFileOptions::default());
    log.write(&line("x"));
    assert_eq!((log.dropped(), fs::read_dir(folder.path()).unwrap().count()), (1, 0));
}

#[test]
fn a_link_a_pipe_and_a_folder_in_its_place_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::write(&target, "").unwrap();
    let plants = ["link.log", "pipe.log", "folder.log"].map(|name| folder.path().join(name));
    let [link, pipe, inner] = &plants;
    std::os::unix::fs::symlink(&target, link).unwrap();
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    fs::create_dir(inner).unwrap();
    for path in plants {
        let log = LogFile::new(path.clone(), LogFileOptions::default());
        log.write(&line("x"));
        assert_eq!(log.dropped(), 1, "{path:?}");
    }
    assert_eq!(fs::read(&target).unwrap(), b"");
}

#[test]
fn a_file_taken_away_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let log = LogFile::new(path.clone(), LogFileOptions::default());
    log.write(&line("before"));
    fs::rename(&path, folder.path().join("your_app.log.moved")).unwrap();
    wait_until("a new file", || {
        log.write(&line("after"));
        path.exists()
    });
    let found = messages(&path);
    assert_eq!((found["before"], log.dropped()), (1, 0));
}

#[test]
fn a_descriptor_the_app_closed_and_used_again_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let theirs = folder.path().join("database");
    let log = LogFile::new(path.clone(), LogFileOptions::default());
    log.write(&line("before"));
    let file = fs::File::create(&theirs).unwrap();
    let number = log.slot.number();
    assert!(number > 100, "{number} is among the app's numbers");
    // SAFETY: what a daemon does: closes our descriptor, then gets its number for a file of its own.
    let taken = unsafe {
        libc::close(number);
        libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&file), number)
    };
    assert_eq!(taken, number);
    // a daemon forks, so the next line comes from another process
    log.write(&Line { pid: 1, ..line("after") });
    assert_eq!(fs::read(&theirs).unwrap(), b"");
    assert_each_once(&messages(&path), ["before".to_owned(), "after".to_owned()].into_iter());
    drop(log);
    // SAFETY: only asks whether the number is open.
    assert_ne!(unsafe { libc::fcntl(number, libc::F_GETFD) }, -1);
    // SAFETY: ours since the dup2 above, and not used again.
    unsafe { libc::close(number) };
}
