//! Any bytes behind a sound header are records in order, or an end; and any
//! file at all is a segment or refused.
#![no_main]

use haechi_event::{Log, Record};
use haechi_spool::read::{SpoolDir, Tail};
use haechi_spool::write::{Spool, SpoolConfig};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

const HEADER: usize = 128;
const NAME: &str = "0-fuzzed.seg";

struct Folder {
    dir: tempfile::TempDir,
    /// The header of a real segment.
    header: Vec<u8>,
    /// What wrote it; a program has it for ever.
    _spool: Spool,
}

fn folder() -> &'static Folder {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let made = tempfile::tempdir().unwrap();
        let spool = Spool::new(SpoolConfig::new(made.path()));
        spool.append(&Record::Log(Log::default())).unwrap();
        let name = SpoolDir::open(made.path()).unwrap().segments().unwrap().remove(0);
        let bytes = std::fs::read(made.path().join(name)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        Folder { dir, header: bytes[..HEADER].to_vec(), _spool: spool }
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Folder { dir, header, .. } = folder();
    let (whole, bytes) = match bytes.split_first() {
        Some((first, rest)) if first % 2 == 0 => (Vec::new(), rest),
        Some((_, rest)) => (header.clone(), rest),
        None => return,
    };
    std::fs::write(dir.path().join(NAME), [&whole, bytes].concat()).unwrap();
    let Ok(mut reader) = SpoolDir::open(dir.path()).unwrap().reader(NAME) else { return };
    let (mut buffer, mut sequence, mut end) = (Vec::new(), 0, HEADER as u64);
    loop {
        let chunk = reader.read(&mut buffer, 0).unwrap();
        for raw in &chunk.records {
            assert!(sequence == 0 || raw.sequence == sequence + 1);
            assert!(raw.end > end && raw.end <= 1 << 20);
            (sequence, end) = (raw.sequence, raw.end);
            let _ = Record::decode(raw.payload);
        }
        if chunk.tail != Tail::More {
            break;
        }
        assert!(!chunk.records.is_empty(), "more is to come, but nothing moves");
    }
});
