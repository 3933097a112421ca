use super::config::SpoolConfig;
use super::lane::Lane;
use super::process::Process;
use super::{clock, fork};
use crate::board::{About, Board, Finished, RouteSlot};
use crate::{AppState, Control, DropReason};
use haechi_event::{RECORD_MAX, Record, RequestId, RequestNames};
use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A process's way into the spool. Making one touches no disk; files come with
/// the first record after start or fork.
#[derive(Debug)]
pub struct Spool {
    config: SpoolConfig,
    /// Tells spools apart in the threads' lane tables.
    key: u64,
    process: AtomicPtr<Process>,
    checked_at_ms: AtomicU64,
    /// Which framework the program runs on, once it is known.
    framework: OnceLock<String>,
}

/// What a thread may use while it holds its lane.
#[derive(Debug)]
pub struct LaneContext<'a> {
    lane: &'a mut Lane,
    process: &'a Process,
    budget: u64,
}

struct Leased {
    spool: u64,
    process: Arc<Process>,
    lane: Option<Lane>,
}

impl Drop for Leased {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take()
            && self.process.is_current()
        {
            self.process.give_back(lane);
        }
    }
}

thread_local! {
    /// One entry per spool this thread has written to, which is one outside tests.
    static LANES: RefCell<Vec<Leased>> = const { RefCell::new(Vec::new()) };
}

impl Spool {
    /// A spool that will live in `config.dir`.
    #[must_use]
    pub fn new(config: SpoolConfig) -> Self {
        static KEYS: AtomicU64 = AtomicU64::new(1);
        fork::watch();
        Self {
            config,
            key: KEYS.fetch_add(1, Ordering::Relaxed),
            process: AtomicPtr::new(std::ptr::null_mut()),
            checked_at_ms: AtomicU64::new(0),
            framework: OnceLock::new(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.config.dir
    }

    /// Goes up in every forked child.
    #[must_use]
    pub fn generation(&self) -> u64 {
        fork::generation()
    }

    /// Appends one event.
    ///
    /// # Errors
    /// The reason it was dropped, which has been counted.
    pub fn append(&self, record: &Record<'_>) -> Result<(), DropReason> {
        self.append_with(|buffer| record.encode(buffer))
    }

    /// Appends what `encode` puts into the empty buffer.
    ///
    /// # Errors
    /// The reason it was dropped, which has been counted.
    #[inline]
    pub fn append_with(&self, encode: impl FnOnce(&mut Vec<u8>)) -> Result<(), DropReason> {
        self.with_lane(|mut lane| lane.append_with(encode)).unwrap_or_else(|| {
            self.count_reentrant();
            Err(DropReason::Reentrant)
        })
    }

    /// Without the lane, which is in use or gone: the board needs none.
    #[cold]
    fn count_reentrant(&self) {
        let seen = self.process.load(Ordering::Acquire);
        // SAFETY: see `current`: what is stored here stays valid for ever.
        if let Some(process) = unsafe { seen.as_ref() }
            && process.is_current()
        {
            process.board.count_drop(DropReason::Reentrant);
        }
    }

    /// Runs `work` with this thread's lane; `None` if this thread is already
    /// inside, or is ending.
    #[inline]
    pub fn with_lane<T>(&self, work: impl FnOnce(LaneContext<'_>) -> T) -> Option<T> {
        let budget = self.config.budget_bytes;
        self.on_lane(|process, lane| work(LaneContext { lane, process, budget }))
    }

    /// Runs `work` with the scoreboard of this process.
    pub fn with_board<T>(&self, work: impl FnOnce(&Board) -> T) -> Option<T> {
        self.on_lane(|process, _| work(&process.board))
    }

    /// Runs `work` with the scoreboard that this process has now, if it has one.
    /// Needs no lane and makes nothing, so a thread that only looks stays small.
    pub fn look_at_board<T>(&self, work: impl FnOnce(&Board) -> T) -> Option<T> {
        let seen = self.process.load(Ordering::Acquire);
        // SAFETY: see `current`: what is stored here stays valid for ever.
        let process = unsafe { seen.as_ref() }?;
        process.is_current().then(|| work(&process.board))
    }

    /// What was last said of an app, in any process.
    #[must_use]
    pub fn app_state(&self, app: &str) -> AppState {
        self.with_control(|control| control.state(app)).unwrap_or_default()
    }

    /// Says whether an app is monitored, to all processes.
    pub fn set_app_state(&self, app: &str, state: AppState) {
        self.with_control(|control| control.set(app, state));
    }

    fn with_control<T>(&self, work: impl FnOnce(&Control) -> T) -> Option<T> {
        self.on_lane(|process, _| process.control.as_ref().map(work)).flatten()
    }

    /// Why nothing is written, if nothing is.
    #[must_use]
    pub fn why_not(&self) -> Option<String> {
        self.on_lane(|process, _| process.why_not()).flatten()
    }

    #[inline]
    fn on_lane<T>(&self, work: impl FnOnce(&Process, &mut Lane) -> T) -> Option<T> {
        let entered = LANES.try_with(|lanes| {
            let mut lanes = lanes.try_borrow_mut().ok()?;
            let index = match lanes.iter().position(|leased| leased.spool == self.key) {
                Some(index) if self.is_fresh(&lanes[index].process) => index,
                found => self.lease(&mut lanes, found)?,
            };
            let Leased { process, lane, .. } = &mut lanes[index];
            lane.as_mut().map(|lane| work(process, lane))
        });
        entered.ok().flatten()
    }

    /// Whether a thread's lane still belongs to the process state in force.
    #[inline]
    fn is_fresh(&self, process: &Arc<Process>) -> bool {
        process.generation == fork::generation()
            && std::ptr::eq(self.process.load(Ordering::Acquire), Arc::as_ptr(process))
    }

    #[cold]
    fn lease(&self, lanes: &mut Vec<Leased>, stale: Option<usize>) -> Option<usize> {
        if let Some(index) = stale {
            let old = lanes.swap_remove(index);
            drop(old);
        }
        let process = self.current()?;
        let lane = Some(process.take_lane());
        lanes.push(Leased { spool: self.key, process, lane });
        Some(lanes.len() - 1)
    }

    /// The state of this process, made if there is none, or if the one there is
    /// belongs to the process we were forked from. No lock: whoever loses the
    /// race throws away what it made.
    fn current(&self) -> Option<Arc<Process>> {
        loop {
            let seen = self.process.load(Ordering::Acquire);
            // SAFETY: a pointer stored here came from `Arc::into_raw` and its
            // count is never given back, so it stays valid for ever.
            let found = (!seen.is_null()).then(|| unsafe {
                Arc::increment_strong_count(seen.cast_const());
                Arc::from_raw(seen.cast_const())
            });
            if let Some(found) = found.filter(|process| process.is_current()) {
                return Some(found);
            }
            let made = Arc::new(self.start_process()?);
            let raw = Arc::into_raw(Arc::clone(&made)).cast_mut();
            let swap =
                self.process.compare_exchange(seen, raw, Ordering::AcqRel, Ordering::Acquire);
            if swap.is_ok() {
                return Some(made);
            }
            // SAFETY: nobody saw `raw`; this takes back the count leaked above.
            drop(unsafe { Arc::from_raw(raw.cast_const()) });
            made.board.discard();
        }
    }

    fn start_process(&self) -> Option<Process> {
        let SpoolConfig { dir, program, recorder, runtime, .. } = &self.config;
        let made = Process::start(dir, &About { program, recorder, runtime })?;
        if let Some(framework) = self.framework.get() {
            made.board.name_framework(framework);
        }
        Some(made)
    }

    /// Says which framework the program runs on, with its version; the first word
    /// counts.
    pub fn set_framework(&self, framework: &str) {
        if self.framework.set(framework.to_owned()).is_ok() {
            self.look_at_board(|board| board.name_framework(framework));
        }
    }

    /// To be called now and then (it looks at most once a second, cheaply): if
    /// the spool's files were removed, or could not be made, starts afresh.
    #[inline]
    pub fn look_after(&self) {
        let now = clock::coarse_unix_ms();
        if now.abs_diff(self.checked_at_ms.load(Ordering::Relaxed)) >= 1000 {
            self.checked_at_ms.store(now, Ordering::Relaxed);
            self.start_afresh_if_lost();
        }
    }

    #[cold]
    fn start_afresh_if_lost(&self) {
        let lost = self.on_lane(|process, _| {
            process.board.touch(clock::coarse_unix_ms());
            process.is_lost().then(|| std::ptr::from_ref(process).cast_mut())
        });
        let Some(Some(old)) = lost else { return };
        let Some(made) = self.start_process() else { return };
        // SAFETY: see `current`: what was stored once stays valid for ever.
        let before = unsafe { &*old };
        if !made.has_files() && !before.has_files() {
            // still no room: another one in memory, every second, would be a leak
            return;
        }
        let made = Arc::new(made);
        let raw = Arc::into_raw(Arc::clone(&made)).cast_mut();
        // threads notice that the pointer is not theirs and lease anew
        if self.process.compare_exchange(old, raw, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: nobody saw `raw`; this takes back the count leaked above.
            drop(unsafe { Arc::from_raw(raw.cast_const()) });
            made.board.discard();
        } else if !before.has_files() {
            made.board.take_over(&before.board);
        }
    }
}

impl LaneContext<'_> {
    /// The next request id of this lane.
    #[inline]
    pub fn next_id(&mut self, unix_ms: u64) -> RequestId {
        self.lane.ids.next(unix_ms)
    }

    /// The process's scoreboard.
    #[must_use]
    pub const fn board(&self) -> &Board {
        &self.process.board
    }

    /// Whether it is time for a measurement that costs too much to be taken
    /// always: at most once in `every_ns` on this lane, by the caller's clock.
    #[inline]
    pub const fn is_sampled(&mut self, now_ns: u64, every_ns: u64) -> bool {
        let due = now_ns.wrapping_sub(self.lane.sampled_ns) >= every_ns;
        if due {
            self.lane.sampled_ns = now_ns;
        }
        due
    }

    /// The scoreboard's place for a route, remembered by the lane.
    #[inline]
    pub fn route(&mut self, app: &str, method: &str, route: &str) -> RouteSlot {
        let Process { board, control, .. } = self.process;
        let lane = self.lane.header.lane;
        self.lane.routes.find(board, control.as_ref(), lane, (app, method, route))
    }

    /// Counts a finished request of a route that [`Self::route`] found.
    #[inline]
    pub fn finish(&mut self, route: &RouteSlot, done: &Finished<'_>) {
        self.process.board.finish(route, done);
    }

    /// Whether this lane found a route, and still remembers it.
    #[inline]
    #[must_use]
    pub const fn remembers(&self, route: &RouteSlot) -> bool {
        self.lane.routes.remembers(route)
    }

    /// What was last said of the app a route belongs to.
    #[inline]
    #[must_use]
    pub fn app_state(&self, route: &RouteSlot) -> AppState {
        let (Some(control), Some(place)) = (&self.process.control, &route.place) else {
            return AppState::Unset;
        };
        control.state_at(*place)
    }

    /// Appends what `encode` puts into the empty buffer; it is given the names of
    /// `route`, which [`Self::route`] has found.
    ///
    /// # Errors
    /// The reason it was dropped, which has been counted.
    #[inline]
    pub fn append_named(
        &mut self,
        route: &RouteSlot,
        encode: impl FnOnce(&RequestNames, &mut Vec<u8>),
    ) -> Result<(), DropReason> {
        let Lane { buffer, routes, .. } = &mut *self.lane;
        // without names it is another lane's: nobody has found it here
        let Some(names) = routes.names(route) else {
            return self.count(Err(DropReason::Reentrant));
        };
        buffer.clear();
        encode(names, buffer);
        self.append()
    }

    /// Appends what `encode` puts into the empty buffer.
    ///
    /// # Errors
    /// The reason it was dropped, which has been counted.
    #[inline]
    pub fn append_with(&mut self, encode: impl FnOnce(&mut Vec<u8>)) -> Result<(), DropReason> {
        self.lane.buffer.clear();
        encode(&mut self.lane.buffer);
        self.append()
    }

    #[inline]
    fn append(&mut self) -> Result<(), DropReason> {
        let kept = self.keep();
        self.count(kept)
    }

    #[inline]
    fn count(&self, kept: Result<(), DropReason>) -> Result<(), DropReason> {
        match kept {
            Ok(()) => self.process.board.count_record(self.lane.header.lane),
            Err(reason) => self.process.board.count_drop(reason),
        }
        kept
    }

    #[inline]
    fn keep(&mut self) -> Result<(), DropReason> {
        if self.lane.flush() { Ok(()) } else { self.keep_in_the_next() }
    }

    #[cold]
    fn keep_in_the_next(&mut self) -> Result<(), DropReason> {
        if self.lane.buffer.len() > RECORD_MAX {
            return Err(DropReason::TooLong);
        }
        self.process.next_segment(self.lane, self.budget)?;
        if self.lane.flush() { Ok(()) } else { Err(DropReason::TooLong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{SpoolDir, Tail};
    use haechi_event::Log;

    fn spool(dir: &Path) -> Spool {
        Spool::new(SpoolConfig::new(dir))
    }

    fn log(line: u32) -> Record<'static> {
        Record::Log(Log { line, message: "m", ..Log::default() })
    }

    /// Every log line in the spool, and how each segment ends.
    fn collect(dir: &Path) -> (Vec<u32>, Vec<Tail>) {
        let dir = SpoolDir::open(dir).unwrap();
        let (mut lines, mut tails) = (Vec::new(), Vec::new());
        for name in dir.segments().unwrap() {
            let mut reader = dir.reader(&name).unwrap();
            loop {
                let mut buffer = Vec::new();
                let chunk = reader.read(&mut buffer, 1 << 20).unwrap();
                lines.extend(chunk.records.iter().map(|raw| match Record::decode(raw.payload) {
                    Ok(Record::Log(log)) => log.line,
                    other => panic!("{other:?}"),
                }));
                if chunk.tail != Tail::More {
                    tails.push(chunk.tail);
                    break;
                }
            }
        }
        lines.sort_unstable();
        (lines, tails)
    }

    #[test]
    fn many_threads_lose_nothing_and_repeat_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let spool = spool(dir.path());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let spool = &spool;
                scope.spawn(move || {
                    for n in 0..5000 {
                        spool.append(&log(thread * 5000 + n)).unwrap();
                    }
                });
            }
        });
        let (lines, tails) = collect(dir.path());
        assert_eq!(lines, (0..20_000).collect::<Vec<_>>());
        assert!(tails.contains(&Tail::Sealed), "several segments were needed");
    }

    #[test]
    fn a_lane_of_an_ended_thread_is_used_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let spool = spool(dir.path());
        for n in 0..20 {
            // joined by its handle: the scope alone would not wait for the
            // thread's destructors, which give the lane back
            std::thread::scope(|scope| {
                scope.spawn(|| spool.append(&log(n)).unwrap()).join().unwrap();
            });
        }
        let (lines, tails) = collect(dir.path());
        assert_eq!((lines.len(), tails.len()), (20, 1));
    }

    #[test]
    fn a_forked_child_writes_files_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let spool = spool(dir.path());
        spool.append(&log(1)).unwrap();
        // SAFETY: the child only appends and leaves by `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let kept = spool.append(&log(2)).is_ok();
            // SAFETY: ends the child without running the test harness's exits.
            unsafe { libc::_exit(i32::from(!kept)) };
        }
        let mut status = 0;
        // SAFETY: waits for the child just made.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
        spool.append(&log(3)).unwrap();
        let (lines, tails) = collect(dir.path());
        assert_eq!((lines, tails.len()), (vec![1, 2, 3], 2));
    }

    #[test]
    fn without_a_collector_the_oldest_segments_are_overwritten_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let config = SpoolConfig { budget_bytes: 1 << 20, ..SpoolConfig::new(dir.path()) };
        let spool = Spool::new(config);
        let long = "x".repeat(4000);
        let total = 2000;
        for line in 0..total {
            let log = Log { line, message: &long, ..Log::default() };
            let _ = spool.append(&Record::Log(log));
        }
        let (lines, _) = collect(dir.path());
        let dropped: u64 = crate::board::snapshots(dir.path())
            .iter()
            .flat_map(|board| board.drops.iter().map(|(_, count)| *count))
            .sum();
        let overwritten = Control::open(dir.path()).unwrap().overwritten();
        assert!(overwritten > 0);
        assert_eq!(lines.len() as u64 + overwritten + dropped, u64::from(total));
        assert!(SpoolDir::open(dir.path()).unwrap().bytes().unwrap() <= 1 << 20);
    }

    #[test]
    fn what_a_collector_had_stored_does_not_count_as_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let config = SpoolConfig { budget_bytes: 400 << 10, ..SpoolConfig::new(dir.path()) };
        let spool = Spool::new(config);
        let long = "x".repeat(4000);
        let append = |line| {
            let log = Log { line, message: &long, ..Log::default() };
            spool.append(&Record::Log(log)).is_ok()
        };
        assert!((0..10).all(append));
        let read = SpoolDir::open(dir.path()).unwrap();
        let mut reader = read.reader(&read.segments().unwrap()[0]).unwrap();
        assert_eq!(reader.read(&mut Vec::new(), 1 << 20).unwrap().records.len(), 10);
        reader.mark_stored(10);
        let kept = (10..300).filter(|line| append(*line)).count() as u64;
        let left = collect(dir.path()).0.len() as u64;
        assert_eq!(left + Control::open(dir.path()).unwrap().overwritten(), kept);
    }

    #[test]
    fn with_a_collector_nothing_is_overwritten_and_drops_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        let collector = SpoolDir::open(dir.path()).unwrap().lock_collector().unwrap();
        let config = SpoolConfig { budget_bytes: 400 << 10, ..SpoolConfig::new(dir.path()) };
        let spool = Spool::new(config);
        let long = "x".repeat(4000);
        let kept = (0..500)
            .filter(|line| {
                let log = Log { line: *line, message: &long, ..Log::default() };
                spool.append(&Record::Log(log)).is_ok()
            })
            .count();
        let board = &crate::board::snapshots(dir.path())[0];
        assert_eq!(board.drops, [(DropReason::SpoolFull, 500 - kept as u64)]);
        assert_eq!(collect(dir.path()).0, (0..kept as u32).collect::<Vec<_>>());
        drop(collector);
    }

    #[test]
    fn a_folder_that_cannot_be_made_drops_and_counts() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let spool = spool(&file.join("spool"));
        assert_eq!(spool.append(&log(1)), Err(DropReason::NoDirectory));
        assert!(spool.why_not().unwrap().contains("make the folder"));
    }

    #[test]
    fn recording_inside_recording_is_refused_not_deadlocked() {
        let dir = tempfile::tempdir().unwrap();
        let spool = spool(dir.path());
        let inner = spool.with_lane(|_| spool.append(&log(1)));
        assert_eq!(inner, Some(Err(DropReason::Reentrant)));
    }

    #[test]
    fn what_was_counted_without_files_is_in_the_files_once_there_are_some() {
        let dir = tempfile::tempdir().unwrap();
        let blocked = dir.path().join("blocked");
        std::fs::write(&blocked, "").unwrap();
        let spool = spool(&blocked.join("spool"));
        for n in 0..5 {
            assert_eq!(spool.append(&log(n)), Err(DropReason::NoDirectory));
        }
        let in_memory = spool.process.load(Ordering::Acquire);
        spool.start_afresh_if_lost();
        assert_eq!(spool.process.load(Ordering::Acquire), in_memory, "as lost as before");
        std::fs::remove_file(&blocked).unwrap();
        spool.start_afresh_if_lost();
        spool.append(&log(6)).unwrap();
        assert_eq!(collect(spool.dir()).0, [6]);
        let board = &crate::board::snapshots(spool.dir())[0];
        assert_eq!((board.records, &board.drops[..]), (1, &[(DropReason::NoDirectory, 5)][..]));
    }

    #[test]
    fn when_the_spool_is_removed_recording_goes_on_in_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let spool = spool(&dir.path().join("spool"));
        spool.append(&log(1)).unwrap();
        std::fs::remove_dir_all(spool.dir()).unwrap();
        spool.start_afresh_if_lost();
        spool.append(&log(2)).unwrap();
        assert_eq!(collect(spool.dir()).0, [2]);
    }
}
