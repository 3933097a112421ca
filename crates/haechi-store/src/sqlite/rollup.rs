use crate::{Latency, Totals};
use haechi_event::{EventError, Flags, Histogram, Request, Split};
use rusqlite::{CachedStatement, Connection, Row};

/// Columns of a rollup, in the order of the schema.
pub(crate) const NUMBER_COLUMNS: &str = "requests, status_none, status_1xx, status_2xx, \
     status_3xx, status_4xx, status_5xx, duration_ns, max_ns, cpu_ns, cpu_requests, bytes_in, \
     bytes_out, latency, split";
const LATENCY: usize = 13;
const SPLIT: usize = 14;

/// Minutes a rollup row may cover in a day file, shortest first.
pub(crate) const DAY_FILE_WIDTHS: [u32; 3] = [1, 5, 60];
/// Minutes of an hour and a day: the widths in the main file.
pub(crate) const HOUR: u32 = 60;
pub(crate) const WHOLE_DAY: u32 = 1440;

/// The greatest number SQLite can hold; sums stop there.
const LIMIT: u64 = i64::MAX as u64;

/// Numbers of a set of requests, being added up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rollup {
    /// Requests, status none to 5xx, duration, max, cpu, cpu requests, bytes in
    /// and out: as in [`NUMBER_COLUMNS`].
    numbers: [u64; LATENCY],
    latency: Histogram,
    split: Split,
}

const REQUESTS: usize = 0;
const STATUS: usize = 1;
const DURATION: usize = 7;
const MAX: usize = 8;
const CPU: usize = 9;
const CPU_REQUESTS: usize = 10;
const BYTES_IN: usize = 11;
const BYTES_OUT: usize = 12;

/// Index among the status counts: none, 1xx … 5xx.
pub(crate) const fn status_class(status: u16) -> usize {
    match status {
        100..=599 => status as usize / 100,
        _ => 0,
    }
}

impl Rollup {
    pub(crate) fn add(&mut self, request: &Request<'_>) {
        self.sum(REQUESTS, 1);
        self.sum(STATUS + status_class(request.status), 1);
        self.sum(DURATION, request.duration_ns);
        self.numbers[MAX] = self.numbers[MAX].max(request.duration_ns.min(LIMIT));
        if request.flags.contains(Flags::CPU) {
            self.sum(CPU, request.cpu_ns);
            self.sum(CPU_REQUESTS, 1);
        }
        self.sum(BYTES_IN, request.bytes_in);
        self.sum(BYTES_OUT, request.bytes_out);
        self.latency.add(request.duration_ns);
        // one that cannot be read is damage: the request itself still counts
        if let Ok(split) = Split::decode(request.split) {
            self.split.merge(&split);
        }
    }

    #[inline]
    fn sum(&mut self, index: usize, value: u64) {
        self.numbers[index] = self.numbers[index].saturating_add(value).min(LIMIT);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.merge_numbers(|index| other.numbers[index]);
        self.latency.merge(&other.latency);
        self.split.merge(&other.split);
    }

    /// Adds a row whose columns from `first` on are [`NUMBER_COLUMNS`].
    pub(crate) fn merge_row(&mut self, row: &Row<'_>, first: usize) -> rusqlite::Result<()> {
        let mut read = [0u64; LATENCY];
        for (index, value) in read.iter_mut().enumerate() {
            // negative numbers are damage; they must not turn into huge ones
            *value = u64::try_from(row.get_ref(first + index)?.as_i64()?).unwrap_or(0);
        }
        let latency = row.get_ref(first + LATENCY)?.as_blob()?;
        self.latency
            .merge_encoded(latency)
            .map_err(|e| rusqlite::Error::UserFunctionError(Box::new(e)))?;
        let split = row.get_ref(first + SPLIT)?.as_blob_or_null()?.unwrap_or_default();
        let failed = |e: EventError| rusqlite::Error::UserFunctionError(Box::new(e));
        self.split.merge(&Split::decode(split).map_err(failed)?);
        self.merge_numbers(|index| read[index]);
        Ok(())
    }

    #[inline]
    fn merge_numbers(&mut self, other: impl Fn(usize) -> u64) {
        for index in 0..LATENCY {
            if index == MAX {
                self.numbers[MAX] = self.numbers[MAX].max(other(MAX));
            } else {
                self.sum(index, other(index));
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.numbers = [0; LATENCY];
        self.latency.clear();
        self.split = Split::default();
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.numbers[REQUESTS] == 0
    }

    /// Requests per band of [`crate::Latency`], without empty ones.
    pub(crate) fn bands(&self) -> Vec<(u16, u64)> {
        let mut bands: Vec<(u16, u64)> = Vec::new();
        for (bucket, count) in self.latency.buckets() {
            let band = (bucket / Latency::BUCKETS_PER_BAND) as u16;
            match bands.last_mut() {
                Some((last, sum)) if *last == band => *sum = sum.saturating_add(count),
                _ => bands.push((band, count)),
            }
        }
        bands
    }

    /// How often each duration occurred.
    pub(crate) fn into_latency(self) -> Histogram {
        self.latency
    }

    pub(crate) fn totals(&self) -> Totals {
        let n = &self.numbers;
        let mut status = [0; 6];
        status.copy_from_slice(&n[STATUS..DURATION]);
        // a bucket's middle may lie above everything in it
        let max = n[MAX] as f64;
        let quantiles = self.latency.quantiles_ns([0.5, 0.9, 0.95, 0.99]);
        let [p50_ns, p90_ns, p95_ns, p99_ns] = quantiles.map(|q| q.map(|ns| ns.min(max)));
        Totals {
            requests: n[REQUESTS],
            status,
            duration_ns: n[DURATION],
            max_ns: n[MAX],
            p50_ns,
            p90_ns,
            p95_ns,
            p99_ns,
            cpu_ns: n[CPU],
            cpu_requests: n[CPU_REQUESTS],
            bytes_in: n[BYTES_IN],
            bytes_out: n[BYTES_OUT],
            split: self.split,
        }
    }

    /// Binds the numbers as parameters from `first` on.
    fn bind(
        &self,
        statement: &mut CachedStatement<'_>,
        first: usize,
        latency: &mut Vec<u8>,
    ) -> rusqlite::Result<()> {
        for (index, value) in self.numbers.iter().enumerate() {
            statement.raw_bind_parameter(first + index, *value as i64)?;
        }
        latency.clear();
        self.latency.encode(latency);
        statement.raw_bind_parameter(first + LATENCY, latency.as_slice())?;
        latency.clear();
        if !self.split.is_empty() {
            self.split.encode(latency);
        }
        let split = (!latency.is_empty()).then_some(latency.as_slice());
        statement.raw_bind_parameter(first + SPLIT, split)
    }
}

/// Adds to rows of a day file: reads what is there, adds, writes it back. With
/// nothing kept in memory between transactions, a failed one leaves no trace.
pub(crate) struct RowAdder<'c> {
    read: CachedStatement<'c>,
    write: CachedStatement<'c>,
    latency: Vec<u8>,
}

impl<'c> RowAdder<'c> {
    pub(crate) fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        let read = format!(
            "SELECT {NUMBER_COLUMNS} FROM rollups WHERE route = ?1 AND width = ?2 AND minute = ?3"
        );
        let write = format!(
            "INSERT OR REPLACE INTO rollups(route, width, minute, {NUMBER_COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
        );
        Ok(Self {
            read: conn.prepare_cached(&read)?,
            write: conn.prepare_cached(&write)?,
            latency: Vec::new(),
        })
    }

    /// Adds `rollup` to a row; `rollup` then holds the sum.
    pub(crate) fn add(
        &mut self,
        (route, width, minute): (i64, u32, u32),
        rollup: &mut Rollup,
    ) -> rusqlite::Result<()> {
        let mut rows = self.read.query((route, width, minute))?;
        if let Some(row) = rows.next()? {
            rollup.merge_row(row, 0)?;
        }
        drop(rows);
        self.write.raw_bind_parameter(1, route)?;
        self.write.raw_bind_parameter(2, width)?;
        self.write.raw_bind_parameter(3, minute)?;
        rollup.bind(&mut self.write, 4, &mut self.latency)?;
        self.write.raw_execute()?;
        Ok(())
    }
}

/// Writes rows of the main file.
pub(crate) struct RowWriter<'c> {
    write: CachedStatement<'c>,
    latency: Vec<u8>,
}

impl<'c> RowWriter<'c> {
    pub(crate) fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        let write = format!(
            "INSERT OR REPLACE INTO rollups(route, width, minute, part, {NUMBER_COLUMNS}) VALUES \
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"
        );
        Ok(Self { write: conn.prepare_cached(&write)?, latency: Vec::new() })
    }

    /// Puts `rollup` in place of what the row held.
    pub(crate) fn put(
        &mut self,
        (route, width, minute, part): (i64, u32, u32, i64),
        rollup: &Rollup,
    ) -> rusqlite::Result<()> {
        self.write.raw_bind_parameter(1, route)?;
        self.write.raw_bind_parameter(2, width)?;
        self.write.raw_bind_parameter(3, minute)?;
        self.write.raw_bind_parameter(4, part)?;
        rollup.bind(&mut self.write, 5, &mut self.latency)?;
        self.write.raw_execute()?;
        Ok(())
    }
}
