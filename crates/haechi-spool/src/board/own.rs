//! Counters of a route that one lane alone adds to, so that threads which serve
//! the same route at once do not wait for each other's cache lines. A reader adds
//! them to the route's; a route, or a lane, that found no row here counts there.

use super::layout::{self as at, counter};
use super::live::{Board, Finished};
use super::ring;
use super::snapshot::{AppSnapshot, RouteSnapshot};
use crate::segment::{u32_at, u64_at};
use haechi_event::{BUCKETS, bucket_of};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

impl Board {
    /// The row of a lane for a route, taken if it has none and there is one.
    #[cold]
    pub(super) fn own_row(&self, lane: u32, route: usize) -> Option<u16> {
        // a thread that died while claiming leaves nothing half-done behind
        let _claim = self.claim.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = (self.map.word(at::OWN_COUNT).load(Acquire) as usize).min(at::OWNS_MAX);
        let owner = (u64::from(lane) + 1) << 32 | route as u64;
        let found = (0..count).find(|row| self.map.word(at::own(*row)).load(Relaxed) == owner);
        if found.is_some() || count == at::OWNS_MAX {
            return found.map(|row| row as u16);
        }
        self.map.word(at::own(count)).store(owner, Relaxed);
        self.map.word(at::OWN_COUNT).store(count as u64 + 1, Release);
        Some(count as u16)
    }

    /// Counts a request in a row of the lane that the caller holds: nobody else
    /// writes there, so nothing takes an atomic addition.
    #[inline]
    pub(super) fn count_in_own(&self, row: usize, done: &Finished<'_>) {
        let row = at::own(row);
        let counters = self.map.cells::<{ at::ROUTE_COUNTERS_MAX }>(row + at::OWN_COUNTERS);
        let add = |counter: usize, by: u64| {
            let word = &counters[counter];
            word.store(word.load(Relaxed).wrapping_add(by), Relaxed);
        };
        done.count(add);
        let max = &counters[counter::MAX];
        if max.load(Relaxed) < done.duration_ns {
            max.store(done.duration_ns, Relaxed);
        }
        let bucket = self.map.half(row + at::OWN_LATENCY + bucket_of(done.duration_ns) * 4);
        bucket.store(bucket.load(Relaxed).wrapping_add(1), Relaxed);
        ring::count_alone(&self.map, row + at::OWN_SECONDS, done.end_unix_s);
        ring::count_alone(&self.map, row + at::OWN_MINUTES, done.end_unix_s / 60);
    }
}

/// Adds what stands in the rows to the routes they belong to, and their requests
/// of the recent past to those of the routes' apps.
pub(super) fn add(bytes: &[u8], routes: &mut [RouteSnapshot], apps: &mut [AppSnapshot]) {
    let count = (u64_at(bytes, at::OWN_COUNT) as usize).min(at::OWNS_MAX);
    for row in (0..count).map(at::own) {
        let index = (u64_at(bytes, row) & u64::from(u32::MAX)) as usize;
        let Some(route) = routes.get_mut(index) else { continue };
        let value = |counter: usize| u64_at(bytes, row + at::OWN_COUNTERS + counter * 8);
        let sums = [
            (&mut route.requests, counter::REQUESTS),
            (&mut route.duration_ns, counter::DURATION),
            (&mut route.cpu_ns, counter::CPU),
            (&mut route.cpu_requests, counter::CPU_REQUESTS),
            (&mut route.bytes_in, counter::BYTES_IN),
            (&mut route.bytes_out, counter::BYTES_OUT),
        ];
        for (sum, counter) in sums {
            *sum = sum.wrapping_add(value(counter));
        }
        for (class, sum) in route.status.iter_mut().enumerate() {
            *sum = sum.wrapping_add(value(counter::STATUS + class));
        }
        route.max_ns = route.max_ns.max(value(counter::MAX));
        for bucket in 0..BUCKETS {
            let times = u32_at(bytes, row + at::OWN_LATENCY + bucket * 4);
            route.latency.add_bucket(bucket, u64::from(times));
        }
        if let Some(app) = apps.get_mut(u64_at(bytes, at::route(index)) as usize) {
            app.seconds.extend(ring::read(bytes, row + at::OWN_SECONDS));
            app.minutes.extend(ring::read(bytes, row + at::OWN_MINUTES));
        }
    }
}
