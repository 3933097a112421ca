use super::SqliteStore;
use super::hash::QuickMap;
use super::plan::{Piece, Plan};
use super::rollup::{Rollup, WHOLE_DAY};
use super::traffic::minutes;
use super::visit::{FIRST_NUMBER, NamedRoute, Selection, Sink};
use crate::{RouteHistogram, RouteSort, RouteTotals, Routes, RoutesQuery, StoreError};
use haechi_event::Split;
use rusqlite::Row;

impl SqliteStore {
    pub(super) fn read_routes(&self, query: &RoutesQuery) -> Result<Routes, StoreError> {
        let (from, to) = minutes(query.from_ms, query.to_ms);
        let mut routes: Vec<RouteTotals> = self
            .add_up_routes(query)?
            .map(|(route, rollup)| RouteTotals {
                app: route.app,
                method: route.method,
                route: route.route,
                totals: rollup.totals(),
            })
            .collect();
        sort(&mut routes, query.sort);
        let total = |sum: u64, r: &RouteTotals| sum.saturating_add(r.totals.duration_ns);
        let (count, duration_ns) = (routes.len(), routes.iter().fold(0, total));
        let mut split = Split::default();
        for route in &routes {
            split.merge(&route.totals.split);
        }
        routes.truncate(query.limit);
        Ok(Routes {
            from_ms: u64::from(from) * 60_000,
            to_ms: u64::from(to) * 60_000,
            duration_ns,
            split,
            count,
            routes,
        })
    }

    pub(super) fn read_route_histograms(
        &self,
        query: &RoutesQuery,
    ) -> Result<Vec<RouteHistogram>, StoreError> {
        let found = self.add_up_routes(query)?.map(|(route, rollup)| {
            let totals = rollup.totals();
            RouteHistogram {
                app: route.app,
                method: route.method,
                route: route.route,
                requests: totals.requests,
                errors: totals.errors(),
                latency: rollup.into_latency(),
            }
        });
        Ok(found.collect())
    }

    /// The routes that had requests, in no order.
    fn add_up_routes(
        &self,
        query: &RoutesQuery,
    ) -> Result<impl Iterator<Item = (NamedRoute, Rollup)> + use<>, StoreError> {
        let (from, to) = minutes(query.from_ms, query.to_ms);
        let plan = Plan::new(&self.days(), from, to, WHOLE_DAY);
        let selection = Selection::Routes { app: query.app.as_deref(), method: None, route: None };
        let mut table = Table::default();
        self.visit(&plan, selection, self.long_deadline(), &mut table)?;
        Ok(table.rows.into_iter().filter(|(_, rollup)| !rollup.is_empty()))
    }
}

/// Greatest first; equals by name, so that an answer does not depend on how
/// the rows lie.
fn sort(routes: &mut [RouteTotals], by: RouteSort) {
    let key = |route: &RouteTotals| match by {
        RouteSort::Time => route.totals.duration_ns as f64,
        RouteSort::Requests => route.totals.requests as f64,
        RouteSort::P95 => route.totals.p95_ns.unwrap_or(0.0),
        RouteSort::Errors => route.totals.errors() as f64,
    };
    routes.sort_by(|a, b| {
        let names = || (&a.app, &a.route, &a.method).cmp(&(&b.app, &b.route, &b.method));
        key(b).total_cmp(&key(a)).then_with(names)
    });
}

/// Adds rows up per route. A route has another id in every file.
#[derive(Default)]
struct Table {
    rows: Vec<(NamedRoute, Rollup)>,
    index: QuickMap<(String, String, String), usize>,
    /// Id in the file being read, and index in `rows`.
    last: Option<(i64, usize)>,
}

impl Table {
    fn find(&mut self, route: &NamedRoute) -> usize {
        let key = (route.app.clone(), route.method.clone(), route.route.clone());
        *self.index.entry(key).or_insert_with(|| {
            self.rows.push((route.clone(), Rollup::default()));
            self.rows.len() - 1
        })
    }
}

impl Sink for Table {
    fn begin(&mut self, _: &Piece) {
        self.last = None;
    }

    fn row(&mut self, route: &NamedRoute, _: u32, row: &Row<'_>) -> rusqlite::Result<()> {
        let at = match self.last {
            Some((id, at)) if id == route.id => at,
            _ => self.find(route),
        };
        self.last = Some((route.id, at));
        self.rows[at].1.merge_row(row, FIRST_NUMBER)
    }
}
