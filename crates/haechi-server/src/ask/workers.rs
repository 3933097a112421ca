use super::numbers::rounded;
use super::{Ask, Moment, Params};
use crate::ServerError;
use crate::processes::{HostUsage, Processes};
use haechi_spool::board::BoardSnapshot;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use utoipa::ToSchema;

/// How full apps and host are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Workers {
    /// The machine.
    pub host: Host,
    /// Per app, by name.
    pub apps: Vec<AppWorkers>,
    /// Processes that have recorded anything and run, the oldest first. One that
    /// has not been in a request yet is not known.
    pub workers: Vec<WorkerRow>,
}

/// The machine Haechi runs on. Shares are taken since an earlier question, a
/// second ago or longer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Host {
    /// CPUs.
    pub cpus: u64,
    /// CPU time used since boot, all CPUs added up; null if not known.
    pub cpu_s: Option<f64>,
    /// Share of all CPUs in use, 0 to 1; null at the first question.
    pub cpu_share: Option<f64>,
    /// Mean number of processes that ran or wanted to, over a minute.
    pub load_1m: Option<f64>,
    /// Memory.
    pub memory_bytes: Option<u64>,
    /// Memory that can be had without swapping.
    pub memory_available_bytes: Option<u64>,
}

/// The processes of one app.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct AppWorkers {
    /// `service.name`.
    pub app: String,
    /// Processes that run and have recorded for it.
    pub workers: u64,
    /// Those that are in a request of it.
    pub busy: u64,
    /// Its requests that are being handled.
    pub in_flight: u64,
    /// Processes of it seen to end since the server started: those that were
    /// restarted, killed or stopped.
    pub ended: u64,
}

/// One process.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkerRow {
    /// The process.
    pub pid: u32,
    /// What the program calls itself.
    pub program: String,
    /// `service.name` of all apps it has recorded for.
    pub apps: Vec<String>,
    /// When it started; when it first recorded if that is not known.
    pub started: Moment,
    /// How long ago that was.
    pub age_s: f64,
    /// It is in a request.
    pub busy: bool,
    /// Requests it is in.
    pub in_flight: u64,
    /// Requests it has ended.
    pub requests: u64,
    /// Resident memory, with what it shares with other processes; null if it is
    /// in another container.
    pub memory_bytes: Option<u64>,
    /// CPU time since it started.
    pub cpu_s: Option<f64>,
    /// CPUs it keeps busy, since an earlier question, a second ago or longer;
    /// null at the first.
    pub cpu_share: Option<f64>,
}

impl Ask {
    /// How full apps and host are. Parameter: `app`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn workers(&self, mut params: Params) -> Result<Workers, ServerError> {
        let app = self.take_app(&mut params)?;
        params.finish()?;
        Ok(self.look_at_workers(&self.boards(), app.as_deref()))
    }

    /// How full everything is, or what one app uses.
    pub(super) fn look_at_workers(&self, boards: &[BoardSnapshot], app: Option<&str>) -> Workers {
        let running: Vec<_> = boards.iter().filter(|board| board.running).collect();
        let has = |board: &BoardSnapshot| {
            app.is_none_or(|app| board.apps.iter().any(|known| known.app == app))
        };
        let mut processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        let host = Host::from(processes.host());
        let workers =
            running.iter().filter(|board| has(board)).map(|board| row(board, &mut processes));
        let workers = workers.collect();
        let is_known = |pid, ticks| {
            running.iter().any(|board| (board.pid, board.start_ticks) == (pid, Some(ticks)))
        };
        processes.keep(is_known);
        drop(processes);
        let mut apps = by_app(&running);
        for (name, ended) in self.health.workers_ended() {
            apps.entry(name).or_default().ended = ended;
        }
        let apps = apps.into_iter().map(|(app, counted)| AppWorkers { app, ..counted });
        let apps = apps.filter(|one| app.is_none_or(|app| one.app == app)).collect();
        Workers { host, apps, workers }
    }
}

impl From<HostUsage> for Host {
    fn from(usage: HostUsage) -> Self {
        Self {
            cpus: usage.cpus,
            cpu_s: usage.cpu_s.map(rounded),
            cpu_share: usage.cpu_share.map(rounded),
            load_1m: usage.load_1m,
            memory_bytes: usage.memory_bytes,
            memory_available_bytes: usage.memory_available_bytes,
        }
    }
}

fn by_app(running: &[&BoardSnapshot]) -> BTreeMap<String, AppWorkers> {
    let mut apps: BTreeMap<String, AppWorkers> = BTreeMap::new();
    for board in running {
        for known in &board.apps {
            let requests = board.in_flight.iter().filter(|request| request.app == known.app);
            let in_flight = requests.count() as u64;
            let app = apps.entry(known.app.clone()).or_default();
            app.workers += 1;
            app.busy += u64::from(in_flight > 0);
            app.in_flight += in_flight;
        }
    }
    apps
}

fn row(board: &BoardSnapshot, processes: &mut Processes) -> WorkerRow {
    let usage = board.start_ticks.and_then(|ticks| processes.look(board.pid, ticks));
    let now_ms = Moment::now().unix_ms();
    let made_ms = board.created_unix_ns / 1_000_000;
    let age_s = usage.map_or(now_ms.saturating_sub(made_ms) as f64 / 1e3, |usage| usage.age_s);
    let in_flight = board.in_flight.len() as u64 + board.overflow_in_flight;
    WorkerRow {
        pid: board.pid,
        program: board.program.clone(),
        apps: board.apps.iter().map(|known| known.app.clone()).collect(),
        started: Moment::from_ms(now_ms.saturating_sub((age_s * 1e3) as u64)),
        age_s: rounded(age_s),
        busy: in_flight > 0,
        in_flight,
        requests: board.routes.iter().map(|route| route.requests).sum(),
        memory_bytes: usage.map(|usage| usage.memory_bytes),
        cpu_s: usage.map(|usage| rounded(usage.cpu_s)),
        cpu_share: usage.and_then(|usage| usage.cpu_share).map(rounded),
    }
}
