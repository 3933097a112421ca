//! Outgoing calls: parts of the request they are made in, named by method, host
//! and path, with status and failure. They pass the request's trace on.
//!
//! Any client that is a tower service of `http` requests takes the layer, such as
//! hyper-util's:
//!
//! ```
//! # use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! # let client = service_fn(|_: Request<()>| async { Ok::<_, std::io::Error>(Response::new(())) });
//! let client = ServiceBuilder::new().layer(haechi::client::layer()).service(client);
//! let request = Request::get("http://bank.example/v1/rates").body(()).unwrap();
//! let answer = client.oneshot(request).await?;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```
//!
//! Other clients say themselves what they do, by [`Call`]. `reqwest` has no place
//! for that but `reqwest-middleware`, where this is all it takes:
//!
//! ```ignore
#![doc = include_str!("../../docs/reqwest.rs")]
//! ```
//!
//! * `call`: one call.
//! * `layer`: around a client.

mod call;
mod layer;

pub use call::Call;
pub use layer::{ClientFuture, ClientLayer, ClientService, layer};
