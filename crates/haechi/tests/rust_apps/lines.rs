//! Lines of the `log` crate, with a logger beside.

use haechi::test::Recorded;
use http::{Request, Response};
use std::convert::Infallible;
use std::sync::Mutex;
use tower::{Layer, ServiceExt, service_fn};

type Body = http_body_util::Empty<bytes::Bytes>;

static BESIDE: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Beside;

impl log::Log for Beside {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Debug
    }

    fn log(&self, record: &log::Record<'_>) {
        BESIDE.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn lines_of_log_have_their_request_and_reach_the_other_logger_too() {
    let recorded = Recorded::new("your_app");
    let lines = recorded.monitor().log_lines().beside(Beside);
    lines.init(log::LevelFilter::Debug).unwrap();
    let service = recorded.monitor().layer().layer(service_fn(|_| async {
        haechi::current::set_route("/order");
        log::warn!(target: "shop", "token={}", "hunter2");
        log::debug!("details");
        Ok::<_, Infallible>(Response::new(Body::new()))
    }));
    service.oneshot(Request::get("/order").body(Body::new()).unwrap()).await.unwrap();
    let logs = recorded.logs();
    let shown: Vec<_> = logs.iter().map(|l| (&*l.logger, &*l.route, &*l.message)).collect();
    assert_eq!(shown, [("shop", "/order", "token=[cut:key:7]")]);
    assert_eq!(logs[0].request_id, recorded.request().id);
    let beside: Vec<_> = BESIDE.lock().unwrap().clone();
    assert_eq!(beside, ["token=hunter2", "details"]);
}
