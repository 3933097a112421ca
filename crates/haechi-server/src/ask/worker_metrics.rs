use super::Workers;
use super::metrics::Exposition;
use super::workers::{AppWorkers, WorkerRow};

/// How full apps and host are, for Prometheus.
pub(super) fn put_workers(out: &mut Exposition, found: &Workers) {
    type OfApp = (&'static str, &'static str, &'static str, fn(&AppWorkers) -> u64);
    let of_apps: [OfApp; 3] = [
        ("haechi_app_workers", "gauge", "Running processes of the app.", |app| app.workers),
        ("haechi_app_workers_busy", "gauge", "Those in a request of it.", |app| app.busy),
        (
            "haechi_app_workers_ended_total",
            "counter",
            "Processes of the app seen to end since haechi started.",
            |app| app.ended,
        ),
    ];
    for (name, kind, help, value) in of_apps {
        out.family(name, kind, help);
        for app in &found.apps {
            out.sample(name, &[("app", &app.app)], value(app));
        }
    }
    put_processes(out, &found.workers);
    let host = &found.host;
    out.single("haechi_host_cpus", "gauge", "CPUs of the host.", host.cpus);
    let busy = "CPU time used on the host since boot, all CPUs added up.";
    single(out, "haechi_host_cpu_seconds_total", "counter", busy, host.cpu_s);
    single(out, "haechi_host_load1", "gauge", "Load of the host over a minute.", host.load_1m);
    let memory = host.memory_bytes.map(|bytes| bytes as f64);
    single(out, "haechi_host_memory_bytes", "gauge", "Memory of the host.", memory);
    let available = host.memory_available_bytes.map(|bytes| bytes as f64);
    let help = "Memory of the host that can be had without swapping.";
    single(out, "haechi_host_memory_available_bytes", "gauge", help, available);
}

fn put_processes(out: &mut Exposition, workers: &[WorkerRow]) {
    type OfWorker = (&'static str, &'static str, &'static str, fn(&WorkerRow) -> Option<f64>);
    let of_workers: [OfWorker; 4] = [
        ("haechi_worker_memory_bytes", "gauge", "Resident memory of a process.", |worker| {
            worker.memory_bytes.map(|bytes| bytes as f64)
        }),
        ("haechi_worker_cpu_seconds_total", "counter", "CPU time of a process.", |worker| {
            worker.cpu_s
        }),
        ("haechi_worker_start_time_seconds", "gauge", "When a process started.", |worker| {
            Some(worker.started.unix_ms() as f64 / 1e3)
        }),
        ("haechi_worker_requests_in_flight", "gauge", "Requests a process is in.", |worker| {
            Some(worker.in_flight as f64)
        }),
    ];
    for (name, kind, help, value) in of_workers {
        out.family(name, kind, help);
        for worker in workers {
            if let Some(value) = value(worker) {
                let pid = worker.pid.to_string();
                out.sample(name, &[("pid", &pid), ("program", &worker.program)], value);
            }
        }
    }
}

fn single(out: &mut Exposition, name: &str, kind: &str, help: &str, value: Option<f64>) {
    if let Some(value) = value {
        out.single(name, kind, help, value);
    }
}
