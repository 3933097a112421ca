//! What `haechi::test` gives an app's tests is what the app did.

use haechi::Flags;
use haechi::test::Recorded;
use http::{Request, Response};
use http_body_util::Empty;
use std::convert::Infallible;
use tower::{Layer, ServiceExt, service_fn};

type Body = Empty<bytes::Bytes>;

fn request(path: &str) -> Request<Body> {
    Request::get(path).header("user-agent", "tests").body(Empty::new()).unwrap()
}

#[tokio::test]
async fn a_test_reads_requests_lines_and_errors_back_and_leaves_nothing_behind() {
    let recorded = Recorded::new("your_app");
    let folder = recorded.folder().to_owned();
    assert_eq!((recorded.requests(), recorded.logs()), (vec![], vec![]));
    let service =
        recorded.monitor().layer().layer(service_fn(|request: Request<Body>| async move {
            haechi::current::set_route("/{name}");
            haechi::current::set_user("42");
            haechi::Logger::current().unwrap().info("token=hunter2");
            haechi::capture(&"x".parse::<u32>().unwrap_err());
            let status = if request.uri().path() == "/missing" { 404 } else { 200 };
            Ok::<_, Infallible>(Response::builder().status(status).body(Body::new()).unwrap())
        }));
    service.clone().oneshot(request("/here?page=1")).await.unwrap();
    let one = recorded.request();
    assert_eq!(
        (&*one.route, &*one.path, &*one.query, &*one.user),
        ("/{name}", "/here", "page=1", "42")
    );
    assert_eq!((one.status, one.is_aborted(), one.grpc_status()), (200, false, None));
    drop(service.clone().call_and_forget(request("/missing")));
    service.oneshot(request("/missing")).await.unwrap();
    let all = recorded.requests();
    let ends: Vec<_> = all.iter().map(|request| (request.status, request.is_aborted())).collect();
    assert_eq!(ends, [(200, false), (0, true), (404, false)]);
    assert!(all.iter().all(|request| request.user_agent == "tests"));
    assert!(!all[0].flags.contains(Flags::RAISED));
    let (logs, exceptions) = (recorded.logs(), recorded.exceptions());
    assert_eq!((&*logs[0].message, logs[0].request_id), ("token=[cut:key:7]", one.id));
    assert_eq!((logs.len(), exceptions.len(), recorded.in_flight()), (2, 2, 0));
    assert_eq!(exceptions[0].kind, "core::num::error::ParseIntError");
    drop(recorded);
    assert!(!folder.exists());
}

/// A service that is called and whose answer nobody waits for.
trait CallAndForget {
    type Waiting;
    fn call_and_forget(self, request: Request<Body>) -> Self::Waiting;
}

impl<S: tower::Service<Request<Body>>> CallAndForget for S {
    type Waiting = S::Future;

    fn call_and_forget(mut self, request: Request<Body>) -> S::Future {
        self.call(request)
    }
}
