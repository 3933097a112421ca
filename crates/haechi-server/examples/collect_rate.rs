//! How fast records get from the spool into committed rows with rollups:
//! `cargo run --release --example collect_rate -- [RECORDS]`.

use haechi_event::{Record, Request};
use haechi_server::ask::Params;
use haechi_server::{Server, Settings};
use haechi_spool::write::{Spool, SpoolConfig};
use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let records: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let dir = tempfile::tempdir()?;
    let began = Instant::now();
    fill(&dir.path().join("spool"), records)?;
    let filled = began.elapsed();
    let began = Instant::now();
    let server = Server::start(Settings::new(dir.path()))?;
    let up = began.elapsed();
    while stored(&server)? < records {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let took = began.elapsed();
    let rate = records as f64 / took.as_secs_f64();
    let mut out = std::io::stdout().lock();
    writeln!(out, "spooled   {records} records in {filled:.2?}")?;
    writeln!(out, "server up in {up:.2?}")?;
    writeln!(out, "committed {records} records in {took:.2?}: {rate:.0} records/s")?;
    writeln!(out, "peak RSS  {}", status("VmHWM"))?;
    let began = Instant::now();
    server.ask().traffic(Params::parse("from=-24h&step=1m")?)?;
    writeln!(out, "traffic   {:.2?}", began.elapsed())?;
    let began = Instant::now();
    server.ask().routes(Params::parse("from=-24h")?)?;
    writeln!(out, "routes    {:.2?}", began.elapsed())?;
    std::thread::park_timeout(Duration::from_secs(2));
    writeln!(
        out,
        "RSS after {}",
        status("VmRSS") + " anon " + &status("RssAnon") + " file " + &status("RssFile")
    )?;
    server.stop(Duration::from_secs(10));
    Ok(())
}

fn stored(server: &Server) -> Result<u64, Box<dyn std::error::Error>> {
    Ok(server.ask().status(Params::default())?.records_stored)
}

/// Requests of 20 routes, 300 clients and the last hour.
fn fill(dir: &std::path::Path, records: u64) -> Result<(), Box<dyn std::error::Error>> {
    let spool = Spool::new(SpoolConfig { budget_bytes: 8 << 30, ..SpoolConfig::new(dir) });
    let routes: Vec<String> = (0..20).map(|n| format!("default/page_{n}")).collect();
    let paths: Vec<String> = (0..1000).map(|n| format!("/your_app/default/page/{n}")).collect();
    let clients: Vec<String> = (0..300).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect();
    let end = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    for n in 0..records {
        let at = end - 3_600_000 + n * 3_600_000 / records;
        let kept = spool.with_lane(|mut lane| {
            let request = Request {
                id: lane.next_id(at),
                start_unix_ns: at * 1_000_000,
                duration_ns: 200_000 + (n * 7919) % 50_000_000,
                status: if n % 50 == 0 { 500 } else { 200 },
                bytes_out: 5_000,
                app: "your_app",
                method: "GET",
                route: &routes[(n * 31 % 20) as usize],
                path: &paths[(n * 17 % 1000) as usize],
                client: &clients[(n * 13 % 300) as usize],
                user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                ..Request::default()
            };
            lane.append_with(|buffer| Record::Request(request).encode(buffer))
        });
        kept.ok_or("recording inside recording")?.map_err(|reason| reason.name())?;
    }
    Ok(())
}

fn status(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
