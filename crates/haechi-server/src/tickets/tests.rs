use crate::Server;
use crate::ask::Params;
use crate::sample::{APP, Failure, Folder, until};
use haechi_spool::leave_site;
use haechi_store::Found;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

const UUID: &str = "0b2c0e29-2a52-4a3e-9d0b-9a7d3a1d";

/// A ticket's file name; `number` tells them apart.
fn name(number: u32) -> String {
    format!("127.0.0.1.2025-06-{:02}.10-00-00.{UUID}{number:04x}", 1 + number % 28)
}

fn golden() -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../haechi-ticket/tests/golden/python-3-protocol-4.pickle"
    );
    fs::read(path).unwrap()
}

/// A data folder and a site beside it with one app.
struct Site {
    folder: Folder,
    apps: PathBuf,
}

impl Site {
    fn new() -> Self {
        let folder = Folder::new();
        let apps = folder.path().join("site/applications");
        fs::create_dir_all(apps.join(APP).join("errors")).unwrap();
        leave_site(&folder.path().join("spool"), &apps).unwrap();
        Self { folder, apps }
    }

    fn errors(&self) -> PathBuf {
        self.apps.join(APP).join("errors")
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.errors().join(name), bytes).unwrap();
    }

    fn serve(&self) -> Server {
        self.folder.server()
    }
}

fn exceptions(server: &Server) -> u64 {
    server.ask().store.size().unwrap().exceptions
}

fn notes(server: &Server) -> Vec<(String, String)> {
    let notes = server.ask().store.notes(1000).unwrap();
    notes.into_iter().filter(|n| n.kind == "refused").map(|n| (n.name, n.text)).collect()
}

/// Waits until every ticket there is was looked at.
fn until_settled(server: &Server, read: u64, refused: u64) {
    until("the tickets to be read", || {
        let (waiting, now_read, now_refused) = server.ask().health.tickets().numbers();
        (waiting, now_read, now_refused) == (0, read, refused)
    });
}

#[test]
fn tickets_from_before_are_exceptions_once_whatever_happens() {
    let site = Site::new();
    for number in 0..40 {
        site.put(&name(number), &golden());
    }
    for other in ["README", ".gitignore", "x.pickle"] {
        site.put(other, b"none of ours");
    }
    let server = site.serve();
    until_settled(&server, 40, 0);
    assert_eq!(exceptions(&server), 40);
    let ticket = format!("{APP}/{}", name(7));
    let found = server.ask().store.find(&ticket).unwrap();
    let [Found::Event(id)] = found[..] else { panic!("{found:?}") };
    let event = server.ask().event(&id.to_string(), Params::default()).unwrap().event;
    assert_eq!(event.head.mechanism, "ticket_file");
    assert_eq!(event.head.ticket, Some(ticket));
    assert_eq!((event.head.kind.as_str(), event.head.route.as_str()), ("NoCover", "default/buy"));
    let day = jiff::Timestamp::from_millisecond(id.unix_ms() as i64).unwrap().to_string();
    assert!(day.starts_with("2025-06-0"), "{day}");
    let issues = server.ask().issues(Params::parse("from=-1000d&state=all").unwrap()).unwrap();
    assert_eq!(issues.issues.len(), 1);
    // a new one, and the folder again from the beginning
    site.put(&name(77), &golden());
    until_settled(&server, 41, 0);
    drop(server);
    let again = site.serve();
    site.put(&name(78), &golden());
    until_settled(&again, 1, 0);
    assert_eq!(exceptions(&again), 42);
}

#[test]
fn a_ticket_that_was_recorded_live_is_not_read_again() {
    let site = Site::new();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d.%H-%M-%S");
    let ticket = format!("127.0.0.1.{now}.{UUID}ffff");
    site.put(&ticket, &golden());
    site.folder.failing(&Failure { ticket: &format!("{APP}/{ticket}"), ..Failure::default() });
    // the spool has it when the folder is looked at first
    let server = site.serve();
    site.put(&name(2), &golden());
    until_settled(&server, 1, 0);
    assert_eq!(exceptions(&server), 2);
    let found = server.ask().store.find(&format!("{APP}/{ticket}")).unwrap();
    assert!(matches!(found[..], [Found::Request(_), Found::Event(_)]), "{found:?}");
}

#[test]
fn what_is_no_ticket_is_noted_once_and_left_as_it_is() {
    let site = Site::new();
    let canary = site.folder.path().join("canary");
    let run = format!("cos\nsystem\n(S'touch {}'\ntR.", canary.display());
    site.put(&name(1), run.as_bytes());
    site.put(&name(2), &golden()[..5000]);
    site.put(&name(3), &vec![b'('; 100_000]);
    let huge = fs::File::create(site.errors().join(name(4))).unwrap();
    huge.set_len(1 << 30).unwrap();
    fs::create_dir(site.errors().join(name(5))).unwrap();
    let secret = site.folder.path().join("secret");
    fs::write(&secret, golden()).unwrap();
    symlink(&secret, site.errors().join(name(6))).unwrap();
    mknodat(CWD, site.errors().join(name(7)), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    site.put(&name(8), b"");
    site.put(&name(9), &golden());
    let before = listing(&site.errors());

    let server = site.serve();
    until_settled(&server, 1, 8);
    let told = notes(&server);
    for (number, words) in [
        (1, "os.system"),
        (2, "was cut"),
        (3, "nests"),
        (4, "larger than"),
        (5, "no plain file"),
        (6, "a link"),
        (7, "no plain file"),
        (8, "was cut"),
    ] {
        let name = format!("{APP}/{}", name(number));
        let of_file: Vec<_> = told.iter().filter(|(file, _)| *file == name).collect();
        assert!(matches!(of_file[..], [(_, text)] if text.contains(words)), "{of_file:?}");
    }
    drop(server);
    let again = site.serve();
    site.put(&name(10), &golden());
    until_settled(&again, 1, 0);
    assert_eq!(notes(&again).iter().filter(|(name, _)| name.starts_with(APP)).count(), 8);
    fs::remove_file(site.errors().join(name(10))).unwrap();
    assert_eq!(listing(&site.errors()), before);
    assert!(!canary.exists());
    assert!(again.ask().health.ready().is_ok());
}

/// Everything about the files that reading may not change.
fn listing(folder: &Path) -> Vec<(String, u64, u64, i64, u32)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut found: Vec<_> = entries
        .map(|entry| {
            let about = entry.path().symlink_metadata().unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, about.ino(), about.len(), about.ctime_nsec(), about.mode())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn folders_that_lead_elsewhere_or_are_paused_are_not_looked_into() {
    let site = Site::new();
    let elsewhere = site.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join(name(1)), golden()).unwrap();
    fs::create_dir_all(site.apps.join("linked")).unwrap();
    symlink(&elsewhere, site.apps.join("linked/errors")).unwrap();
    fs::create_dir_all(site.apps.join("paused/errors")).unwrap();
    fs::write(site.apps.join("paused/errors").join(name(2)), golden()).unwrap();
    fs::create_dir_all(site.apps.join("no_errors")).unwrap();
    fs::create_dir_all(site.apps.join(".hidden/errors")).unwrap();
    fs::write(site.apps.join(".hidden/errors").join(name(3)), golden()).unwrap();
    site.folder.spool.set_app_state("paused", haechi_spool::AppState::Paused);
    site.put(&name(4), &golden());
    let server = site.serve();
    until_settled(&server, 1, 0);
    until("the link is told of", || notes(&server).iter().any(|(_, text)| text.contains("link")));
    assert_eq!(exceptions(&server), 1);
    assert!(server.ask().store.find(&format!("{APP}/{}", name(4))).unwrap().len() == 1);
}
