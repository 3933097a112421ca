//! Events of `tracing` beside other layers, inside and outside of requests.

use super::recorded::{monitor, recorded};
use http::{Request, Response};
use http_body_util::Empty;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tower::{Layer, ServiceExt, service_fn};
use tracing::{Instrument, Level, info_span, subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Another layer, which counts.
struct Beside(Arc<Mutex<u32>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Beside {
    fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
        *self.0.lock().unwrap() += 1;
    }
}

#[tokio::test]
async fn events_become_lines_of_their_request_even_from_tasks_of_their_own() {
    let (_dir, monitor) = monitor();
    let beside = Arc::new(Mutex::new(0));
    let registry = tracing_subscriber::registry();
    let subscriber = registry.with(monitor.tracing()).with(Beside(Arc::clone(&beside)));
    let _default = subscriber::set_default(subscriber);
    let service = monitor.layer().layer(service_fn(|_| async {
        haechi::current::set_route("/order");
        tracing::warn!(order = 7, by = %"you", "low stock");
        tracing::debug!("too small to keep");
        let span = info_span!("ship");
        let task = async { tracing::error!(token = "hunter2hunter2", "not shipped") };
        tokio::spawn(task.instrument(span)).await.unwrap();
        Ok::<_, Infallible>(Response::new(Empty::<bytes::Bytes>::new()))
    }));
    let request = Request::get("/order").body(Empty::<bytes::Bytes>::new()).unwrap();
    service.oneshot(request).await.unwrap();
    tracing::info!(target: "elsewhere", "outside");

    let found = recorded(&monitor);
    let shown: Vec<_> = found.iter().map(|line| &*line.text).collect();
    assert_eq!(
        shown,
        [
            "WARN /order low stock order=7 by=you events.rs",
            "ERROR /order not shipped token=[cut:key:14] events.rs",
            "other ship events.rs",
            "GET /order 200 0",
            "INFO  outside events.rs",
        ]
    );
    assert!(found[..4].iter().all(|line| line.id == found[3].id), "{found:?}");
    assert_eq!(found[4].id, haechi::RequestId::NONE);
    assert_eq!(*beside.lock().unwrap(), 4);
}

#[test]
fn the_least_level_is_as_asked_for() {
    let (_dir, monitor) = monitor();
    let layer = monitor.tracing().least(Level::TRACE);
    subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        tracing::trace!("kept");
    });
    assert_eq!(recorded(&monitor).len(), 1);
}
