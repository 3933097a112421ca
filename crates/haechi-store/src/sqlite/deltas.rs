use super::hash::QuickMap;
use super::rollup::{DAY_FILE_WIDTHS, Rollup, RowAdder};
use super::route_ids::RouteId;
use haechi_event::Request;
use rusqlite::Connection;

/// How many (route, minute) pairs are added up in memory before they are
/// brought to the file: 4.5 kB each.
const MOST: usize = 256;

/// What a batch adds to the rollups of one day file.
#[derive(Debug, Default)]
pub(crate) struct Deltas {
    used: Vec<(RouteId, u32)>,
    /// As many as were ever used at once; the first `used.len()` are in use.
    rollups: Vec<Rollup>,
    index: QuickMap<u64, u32>,
    last: Option<(u64, u32)>,
}

impl Deltas {
    /// To be called before each request: what is there goes to the file if it is
    /// much.
    pub(crate) fn make_room(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        if self.used.len() >= MOST { self.flush(conn) } else { Ok(()) }
    }

    /// Counts a request that began in this minute (since the Unix epoch).
    #[inline]
    pub(crate) fn add(&mut self, route: RouteId, minute: u32, request: &Request<'_>) {
        let key = (route.route as u64) << 32 | u64::from(minute);
        let slot = match self.last {
            Some((last, slot)) if last == key => slot,
            _ => self.slot(key, route, minute),
        };
        self.last = Some((key, slot));
        self.rollups[slot as usize].add(request);
    }

    fn slot(&mut self, key: u64, route: RouteId, minute: u32) -> u32 {
        *self.index.entry(key).or_insert_with(|| {
            let slot = self.used.len();
            self.used.push((route, minute));
            if self.rollups.len() == slot {
                self.rollups.push(Rollup::default());
            }
            slot as u32
        })
    }

    /// Adds everything to the file's rollups: of each route, each app and all.
    pub(crate) fn flush(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        if self.used.is_empty() {
            return Ok(());
        }
        let mut adder = RowAdder::new(conn)?;
        self.flush_as(&mut adder, |route| route.route)?;
        self.flush_as(&mut adder, |route| route.app_total)?;
        self.flush_as(&mut adder, |_| RouteId::EVERYTHING)?;
        let mut dirty =
            conn.prepare_cached("INSERT OR IGNORE INTO dirty_hours(minute) VALUES (?1)")?;
        let mut hours: Vec<u32> = self.used.iter().map(|(_, m)| m - m % 60).collect();
        hours.sort_unstable();
        hours.dedup();
        for hour in hours {
            dirty.execute([hour])?;
        }
        self.clear();
        Ok(())
    }

    fn flush_as(
        &self,
        adder: &mut RowAdder<'_>,
        target: impl Fn(RouteId) -> i64,
    ) -> rusqlite::Result<()> {
        let mut order: Vec<(i64, u32, usize)> = self
            .used
            .iter()
            .enumerate()
            .map(|(slot, (route, minute))| (target(*route), *minute, slot))
            .collect();
        order.sort_unstable();
        for width in DAY_FILE_WIDTHS {
            let mut sum = Rollup::default();
            let same = |a: &(i64, u32, usize), b: &(i64, u32, usize)| {
                a.0 == b.0 && a.1 / width == b.1 / width
            };
            for group in order.chunk_by(same) {
                sum.clear();
                for (_, _, slot) in group {
                    sum.merge(&self.rollups[*slot]);
                }
                let (route, minute, _) = group[0];
                adder.add((route, width, minute - minute % width), &mut sum)?;
            }
        }
        Ok(())
    }

    fn clear(&mut self) {
        for rollup in &mut self.rollups[..self.used.len()] {
            rollup.clear();
        }
        // a burst of many routes must not hold its memory for good
        self.rollups.truncate(MOST / 4);
        self.used.clear();
        self.index.clear();
        self.last = None;
    }
}
