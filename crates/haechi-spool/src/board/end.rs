//! How the process of a scoreboard ended. The owner being gone, the collector
//! writes it, in steps that can be cut anywhere: what it decided, so that a
//! second try decides the same, and, once stored, what it has told.

use super::layout as at;
use super::snapshot::{AppSnapshot, BoardSnapshot, RouteSnapshot};
use crate::SpoolError;
use crate::board::InFlight;
use crate::segment::u64_at;
use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// How and when a process ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// When, Unix nanoseconds; the last sign of life if it is not known.
    pub unix_ns: u64,
    /// How, as a person would say it of a worker: "killed by SIGKILL". At most
    /// 160 bytes.
    pub how: String,
}

impl End {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let unix_ns = u64_at(bytes, at::END);
        let how = super::text::get(bytes, at::END_HOW, at::END_HOW_LEN);
        (unix_ns > 0).then_some(Self { unix_ns, how })
    }

    /// Writes it down, the time last: without it the rest does not count.
    pub(super) fn write(&self, path: &Path) -> Result<(), SpoolError> {
        let file = open(path)?;
        let write = |bytes: &[u8], to: usize| {
            file.write_all_at(bytes, to as u64).map_err(SpoolError::io("write", path))
        };
        let how = cut(&self.how);
        write(how.as_bytes(), at::END_HOW + 8)?;
        write(&(how.len() as u64).to_le_bytes(), at::END_HOW)?;
        write(&self.unix_ns.max(1).to_le_bytes(), at::END)
    }
}

/// Says that the requests at these places are stored, and as how many records
/// in all.
pub(super) fn write_told(path: &Path, places: &[u16], records: u64) -> Result<(), SpoolError> {
    let mut bits = [0_u8; at::FLIGHTS_MAX / 8];
    for place in places {
        if let Some(byte) = bits.get_mut(usize::from(*place) / 8) {
            *byte |= 1 << (place % 8);
        }
    }
    let file = open(path)?;
    let write = |bytes: &[u8], to: usize| {
        file.write_all_at(bytes, to as u64).map_err(SpoolError::io("write", path))
    };
    write(&bits, at::END_PLACES)?;
    write(&(records + 1).to_le_bytes(), at::END_TOLD)
}

/// Once told, the requests a process died in are requests like others: ended,
/// without a status.
pub(super) fn count_told(bytes: &[u8], board: &mut BoardSnapshot) {
    let Some(records) = u64_at(bytes, at::END_TOLD).checked_sub(1) else { return };
    board.records = board.records.saturating_add(records);
    let ended = board.end.as_ref().map_or(0, |end| end.unix_ns);
    for request in std::mem::take(&mut board.in_flight) {
        let place = usize::from(request.place);
        if bytes.get(at::END_PLACES + place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1) {
            count(&mut board.routes, &request, ended.saturating_sub(request.start_unix_ns));
            count_recent(&mut board.apps, &request.app, ended / 1_000_000_000);
        }
    }
}

fn count_recent(apps: &mut Vec<AppSnapshot>, name: &str, second: u64) {
    let known = apps.iter().position(|app| app.app == name);
    let index = known.unwrap_or_else(|| {
        apps.push(AppSnapshot { app: name.to_owned(), ..AppSnapshot::default() });
        apps.len() - 1
    });
    apps[index].seconds.push((second, 1));
    apps[index].minutes.push((second / 60, 1));
}

fn count(routes: &mut Vec<RouteSnapshot>, request: &InFlight, duration_ns: u64) {
    let name = if request.route.is_empty() { "(unmatched)" } else { &request.route };
    let same = |route: &RouteSnapshot| {
        (&*route.app, &*route.method, &*route.route) == (&*request.app, &*request.method, name)
    };
    let index = routes.iter().position(same).unwrap_or_else(|| {
        let [app, method, route] = [&request.app, &request.method, name].map(str::to_owned);
        routes.push(RouteSnapshot { app, method, route, ..RouteSnapshot::default() });
        routes.len() - 1
    });
    let route = &mut routes[index];
    route.requests += 1;
    route.status[0] += 1;
    route.duration_ns = route.duration_ns.saturating_add(duration_ns);
    route.max_ns = route.max_ns.max(duration_ns);
    route.latency.add_bucket(haechi_event::bucket_of(duration_ns), 1);
}

fn open(path: &Path) -> Result<File, SpoolError> {
    File::options()
        .write(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(SpoolError::io("open", path))
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(at::END_HOW_LEN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
