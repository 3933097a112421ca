use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use haechi_store::VisitsQuery;
use serde::Serialize;
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;

/// Who visited: from summaries of five minutes and of days, and from single
/// requests at both ends of the range.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visits {
    /// What was counted begins here: before the range if of the day it begins in
    /// only the whole is kept, after it if the time was over.
    pub counted_from: Moment,
    /// And ends here: after the range in the same way.
    pub to: Moment,
    /// The time was over before the begin of the range was reached.
    pub partial: bool,
    /// More different names came than are kept apart (256 of each kind in five
    /// minutes, 512 on a day): those listed had at least as many requests as they
    /// say, and of those left out each had few.
    pub capped: bool,
    /// Requests that were counted.
    pub requests: u64,
    /// Those of them that programs sent: their user agent says so, or nothing.
    pub by_programs: u64,
    /// Different client addresses: exact below 512, with a standard error of 4.4 %
    /// from there on.
    pub clients_seen: u64,
    /// Client addresses, most requests first.
    pub clients: Vec<Visit>,
    /// User agents, most requests first.
    pub agents: Vec<Visit>,
    /// Referrers, most requests first.
    pub referrers: Vec<Visit>,
    /// Paths answered with 404, most requests first.
    pub not_found: Vec<Visit>,
    /// Users, most requests first; requests that nobody was signed in for are not
    /// among them.
    pub users: Vec<Visit>,
    /// Paths of static files, most requests first: requests answered with 2xx or 304
    /// that web2py served as static files, or whose path ends as a file's (`.css`,
    /// `.png`, `.woff2`, `.pdf` …).
    pub static_files: Vec<Visit>,
    /// Countries, most requests first: two letters (ISO 3166-1), `local` for this
    /// machine and private networks, `unknown` for addresses that are not in the table.
    /// Only requests that were stored while a table was set are among them.
    pub countries: Vec<Visit>,
    /// Whether countries are counted now: `off` if no table is set, `trouble` if it
    /// cannot be read (`/api/status` says why).
    pub counts_countries: CountsCountries,
    /// Requests per status code.
    pub statuses: Vec<StatusCount>,
}

/// Whether countries are counted.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CountsCountries {
    /// By a table.
    On,
    /// No table is set.
    Off,
    /// The table cannot be read.
    Trouble,
}

/// A name and what was counted for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visit {
    /// `client.address`, `user_agent.original`, the referrer, `url.path`, `user.id`
    /// or a country.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// Those of them that programs sent.
    pub by_programs: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
}

/// Requests with one status code.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusCount {
    /// `http.response.status_code`; 0 where none was sent.
    pub status: u16,
    /// Requests.
    pub requests: u64,
}

impl Ask {
    /// Who visited. Parameters: `app`, `who`, `from`, `to`, `limit`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn visits(&self, mut params: Params) -> Result<Visits, ServerError> {
        let range = Range::take(&mut params, Moment::now())?;
        let query = VisitsQuery {
            app: self.take_app(&mut params)?,
            programs: take_who(&mut params)?,
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            limit: params.take_count("limit", LIMIT, LIMIT_MAX)? as usize,
        };
        params.finish()?;
        let found = self.store.visits(&query)?;
        let rows = |visits: Vec<haechi_store::Visit>| visits.into_iter().map(Visit::from).collect();
        let status = |(status, requests)| StatusCount { status, requests };
        Ok(Visits {
            counted_from: Moment::from_ms(found.counted_from_ms),
            to: Moment::from_ms(found.counted_to_ms),
            partial: found.is_partial,
            capped: found.is_capped,
            requests: found.requests,
            by_programs: found.by_programs,
            clients_seen: found.clients_seen,
            clients: rows(found.clients),
            agents: rows(found.agents),
            referrers: rows(found.referrers),
            not_found: rows(found.not_found),
            users: rows(found.users),
            static_files: rows(found.static_files),
            countries: rows(found.countries),
            counts_countries: self.counts_countries(),
            statuses: found.statuses.into_iter().map(status).collect(),
        })
    }
}

impl Ask {
    fn counts_countries(&self) -> CountsCountries {
        match &self.countries {
            None => CountsCountries::Off,
            Some(table) if table.facts().is_some() => CountsCountries::On,
            Some(_) => CountsCountries::Trouble,
        }
    }
}

fn take_who(params: &mut Params) -> Result<Option<bool>, ServerError> {
    params.take_choice("who", [("all", None), ("people", Some(false)), ("programs", Some(true))])
}

impl From<haechi_store::Visit> for Visit {
    fn from(found: haechi_store::Visit) -> Self {
        Self {
            name: found.name,
            requests: found.requests,
            by_programs: found.by_programs,
            bytes_out: found.bytes_out,
        }
    }
}
