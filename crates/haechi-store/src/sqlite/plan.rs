use super::calendar::{DAY_MINUTES, Day};
use super::main_file::{DayState, Days};
use super::readers::FileKey;
use super::rollup::{DAY_FILE_WIDTHS, HOUR, WHOLE_DAY};
use crate::LogId;

/// Rollup rows to read: those of one width that begin in `from..to` (minutes
/// since the Unix epoch).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) file: FileKey,
    pub(crate) width: u32,
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Of the main file, all parts but this.
    pub(crate) not_part: Option<i64>,
}

/// How to add up a range from as few rows as can be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// In the order of their beginnings.
    pub(crate) pieces: Vec<Piece>,
}

impl Plan {
    /// Covers `from..to` (minutes since the Unix epoch). No row read is wider
    /// than `widest`, except where only hours are left.
    ///
    /// A day whose file may hold more than is folded is read from its file. Of
    /// all others whole hours and days come from the main file, and the rest
    /// from the day's file.
    pub(crate) fn new(days: &Days, from: u32, to: u32, widest: u32) -> Self {
        let mut plan = Self::default();
        if from >= to {
            return plan;
        }
        for (day, state) in days.range(Day::of_minute(from)..=Day::of_minute(to - 1)) {
            let low = from.max(day.first_minute());
            let high = to.min(day.end_minute());
            match state.part {
                Some(part) if state.dirty => {
                    plan.cover(FileKey::Day(*day), low, high, widest.min(HOUR));
                    if state.older_parts {
                        plan.push(FileKey::Main, HOUR, low, high, Some(part));
                    }
                }
                Some(_) => plan.cover_folded(*day, *state, low, high, widest),
                None => plan.cover_main(low, high, widest),
            }
        }
        plan.pieces.sort_by_key(|piece| piece.from);
        plan
    }

    /// Covers minutes of one day from its file, by rows no wider than `widest`.
    pub(crate) fn of_day_file(day: Day, from: u32, to: u32, widest: u32) -> Self {
        let mut plan = Self::default();
        let (low, high) = (from.max(day.first_minute()), to.min(day.end_minute()));
        if low < high {
            plan.cover(FileKey::Day(day), low, high, widest.min(HOUR));
        }
        plan
    }

    /// The same in pieces of at most `minutes`, as far as rows allow.
    pub(crate) fn split(self, minutes: u32) -> Self {
        let mut pieces = Vec::new();
        for piece in self.pieces {
            let length = (minutes / piece.width).max(1) * piece.width;
            let mut from = piece.from;
            while from < piece.to {
                let to = piece.to.min(from.saturating_add(length));
                pieces.push(Piece { from, to, ..piece });
                from = to;
            }
        }
        pieces.sort_by_key(|piece| piece.from);
        Self { pieces }
    }

    /// A day that has a file and is folded.
    fn cover_folded(&mut self, day: Day, state: DayState, low: u32, high: u32, widest: u32) {
        let (first, last) = whole(low, high, HOUR);
        if widest < HOUR || first >= last {
            self.cover_file(day, state, low, high, widest);
            return;
        }
        self.cover_file(day, state, low, first, widest);
        self.cover_main(first, last, widest);
        self.cover_file(day, state, last, high, widest);
    }

    fn cover_file(&mut self, day: Day, state: DayState, low: u32, high: u32, widest: u32) {
        self.cover(FileKey::Day(day), low, high, widest.min(HOUR));
        if let (true, Some(part)) = (state.older_parts && low < high, state.part) {
            self.push(FileKey::Main, HOUR, low, high, Some(part));
        }
    }

    fn cover_main(&mut self, low: u32, high: u32, widest: u32) {
        let all = high - low == DAY_MINUTES && widest >= WHOLE_DAY;
        self.push(FileKey::Main, if all { WHOLE_DAY } else { HOUR }, low, high, None);
    }

    /// The widest rows that fit, and narrower ones at both ends.
    fn cover(&mut self, file: FileKey, low: u32, high: u32, widest: u32) {
        let width = DAY_FILE_WIDTHS.into_iter().rev().find(|width| {
            let (first, last) = whole(low, high, *width);
            *width <= widest && first < last
        });
        if let Some(width) = width {
            let (first, last) = whole(low, high, width);
            self.cover(file, low, first, width - 1);
            self.push(file, width, first, last, None);
            self.cover(file, last, high, width - 1);
        }
    }

    fn push(&mut self, file: FileKey, width: u32, from: u32, to: u32, not_part: Option<i64>) {
        if from >= to {
            return;
        }
        if let Some(last) = self.pieces.last_mut()
            && (last.file, last.width, last.not_part, last.to) == (file, width, not_part, from)
        {
            last.to = to;
            return;
        }
        self.pieces.push(Piece { file, width, from, to, not_part });
    }
}

/// Minutes from the Unix epoch to the one a line lies in.
pub(crate) const fn minute_of(id: LogId) -> u32 {
    (id.unix_us() / 60_000_000) as u32
}

/// The whole multiples of `width` within a range.
const fn whole(low: u32, high: u32, width: u32) -> (u32, u32) {
    (low.div_ceil(width) * width, high / width * width)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u32 = 20_000;
    const START: u32 = DAY * 1440;

    fn days(part: Option<i64>, dirty: bool) -> Days {
        Days::from([(Day::from_number(DAY), DayState { part, dirty, older_parts: false })])
    }

    fn pieces(plan: &Plan) -> Vec<(bool, u32, u32, u32)> {
        let show = |p: &Piece| (p.file == FileKey::Main, p.width, p.from - START, p.to - START);
        plan.pieces.iter().map(show).collect()
    }

    #[test]
    fn a_range_in_a_dirty_day_is_hours_with_narrower_rows_at_its_ends() {
        let plan = Plan::new(&days(Some(1), true), START + 58, START + 183, WHOLE_DAY);
        let want = [(false, 1, 58, 60), (false, 60, 60, 180), (false, 1, 180, 183)];
        assert_eq!(pieces(&plan), want);
        let plan = Plan::new(&days(Some(1), true), START + 43, START + 137, WHOLE_DAY);
        let want = [
            (false, 1, 43, 45),
            (false, 5, 45, 60),
            (false, 60, 60, 120),
            (false, 5, 120, 135),
            (false, 1, 135, 137),
        ];
        assert_eq!(pieces(&plan), want);
    }

    #[test]
    fn a_range_of_minutes_is_read_as_minutes() {
        let plan = Plan::new(&days(Some(1), true), START + 3, START + 200, 1);
        assert_eq!(pieces(&plan), [(false, 1, 3, 200)]);
    }

    #[test]
    fn a_folded_day_comes_from_the_main_file() {
        let plan = Plan::new(&days(Some(1), false), START - 5, START + 2000, WHOLE_DAY);
        assert_eq!(pieces(&plan), [(true, 1440, 0, 1440)]);
        let plan = Plan::new(&days(Some(1), false), START + 59, START + 2000, HOUR);
        assert_eq!(pieces(&plan), [(false, 1, 59, 60), (true, 60, 60, 1440)]);
        let plan = Plan::new(&days(None, false), START + 59, START + 2000, 1);
        assert_eq!(pieces(&plan), [(true, 60, 59, 1440)]);
    }

    #[test]
    fn every_minute_of_any_range_is_covered_once() {
        for dirty in [true, false] {
            for widest in [1, 5, 60, 1440] {
                for low in (0..200).step_by(7) {
                    for high in (low..1440).step_by(11) {
                        let plan =
                            Plan::new(&days(Some(1), dirty), START + low, START + high, widest);
                        let mut at = START + low;
                        for piece in &plan.pieces {
                            assert_eq!(piece.from, at, "{piece:?}");
                            assert_eq!((piece.from % piece.width, piece.to % piece.width), (0, 0));
                            assert!(piece.width <= widest);
                            at = piece.to;
                        }
                        assert_eq!(at, START + high.max(low));
                    }
                }
            }
        }
    }
}
