//! A request allocates nothing once its thread is warm: counted by the program's
//! own allocator.
#![allow(missing_docs, clippy::unwrap_used)]
#![cfg(feature = "tower")]

use http::{Request, Response};
use http_body_util::Empty;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tower::{Layer, Service, service_fn};

struct Counting;

thread_local! { static ALLOCATIONS: Cell<u64> = const { Cell::new(0) } }

fn count() {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: everything is the system's allocator's; counting touches a thread-local
// number that needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Body = Empty<&'static [u8]>;

/// A request as a browser sends it.
fn request(n: usize) -> Request<Body> {
    let agents = ["Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0", "curl/8.5.0"];
    Request::get(["/item/1?page=2", "/item/2?page=3", "/basket"][n % 3])
        .header("user-agent", agents[n % 2])
        .header("referer", "https://shop.example/index?from=mail")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .header("content-length", "0")
        .body(Empty::new())
        .unwrap()
}

/// Allocations of one request, from its call to its response's drop.
fn allocations<S>(service: &mut S, request: Request<Body>) -> u64
where
    S: Service<Request<Body>, Error = Infallible>,
{
    let before = ALLOCATIONS.get();
    {
        let future = pin!(service.call(request));
        let Poll::Ready(answer) = future.poll(&mut Context::from_waker(Waker::noop())) else {
            return u64::MAX;
        };
        drop(answer);
    }
    ALLOCATIONS.get() - before
}

/// Spans as an app's own: one in the other, entered twice, one a query.
#[cfg(feature = "tracing")]
fn spans(item: bool) {
    let query = "SELECT name, price FROM item WHERE number = 7";
    let outer = tracing::info_span!("show", item);
    outer.in_scope(|| {
        tracing::info_span!("query", db.system.name = "postgresql", db.query.text = query)
            .in_scope(|| ());
    });
    outer.in_scope(|| ());
}

#[cfg(feature = "tracing")]
#[test]
fn spans_allocate_nothing_either() {
    use tracing_subscriber::layer::SubscriberExt;
    let dir = tempfile::tempdir().unwrap();
    let monitor = haechi::Monitor::builder("your_app").data(dir.path()).log_file(None).build();
    let service = service_fn(|request: Request<Body>| {
        spans(request.uri().path().starts_with("/item"));
        ready(Ok::<_, Infallible>(Response::<Body>::new(Empty::new())))
    });
    let mut bare = service;
    let mut watched = monitor.layer().layer(service);
    let registry = || tracing_subscriber::registry();
    let without = tracing::Dispatch::new(registry());
    let with = tracing::Dispatch::new(registry().with(monitor.tracing()));
    let mut made = Vec::with_capacity(1200);
    for n in 0..1200 {
        let (request, same) = (request(n), request(n));
        let before = tracing::dispatcher::with_default(&without, || allocations(&mut bare, same));
        let now = tracing::dispatcher::with_default(&with, || allocations(&mut watched, request));
        // the registry takes some, now and then
        made.push(now.saturating_sub(before));
    }
    let with_some = made[200..].iter().filter(|count| **count > 0).count();
    assert!(with_some <= 4, "{with_some} of 1000 requests allocated: {made:?}");
    let recorded = monitor.statistics().requests.total;
    assert_eq!(recorded, 1200);
}

#[test]
fn a_request_allocates_nothing_once_its_thread_is_warm() {
    let dir = tempfile::tempdir().unwrap();
    let monitor = haechi::Monitor::builder("your_app").data(dir.path()).log_file(None).build();
    let service = service_fn(|request: Request<Body>| {
        let item = request.uri().path().starts_with("/item");
        haechi::current::set_route(if item { "/item/{id}" } else { "/basket" });
        drop(request);
        ready(Ok::<_, Infallible>(Response::<Body>::new(Empty::new())))
    });
    let mut bare = service;
    let mut watched = monitor.layer().layer(service);
    let mut made = Vec::with_capacity(1200);
    for n in 0..1200 {
        let (request, same) = (request(n), request(n));
        let before = allocations(&mut bare, same);
        made.push(allocations(&mut watched, request) - before);
    }
    assert!(made[0] > 0, "the counter counts: the first request makes files");
    // a new segment takes some, which is less than one request of hundreds
    let with_some = made[200..].iter().filter(|count| **count > 0).count();
    assert!(with_some <= 2, "{with_some} of 1000 requests allocated: {made:?}");
    assert_eq!(monitor.statistics().requests.total, 1200);
}
