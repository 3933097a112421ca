//! What a handler of axum's asks for: the statistics of its app and a logger
//! that knows the request.
//!
//! ```
//! use axum::{Router, routing::get};
//! use haechi::axum::Statistics;
//! use haechi::{Logger, Monitor};
//!
//! async fn index(statistics: Statistics, logger: Logger) -> &'static str {
//!     if statistics.is_local() {
//!         statistics.enable();
//!     }
//!     logger.info("the first page was asked for");
//!     "hello"
//! }
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # unsafe { std::env::set_var("HAECHI_DIR", folder.path()) };
//! let monitor = Monitor::new("your_app");
//! let app: Router = Router::new()
//!     .route("/", get(index))
//!     .route("/your_app/stats", get(haechi::stats))
//!     .layer(monitor.layer());
//! # drop(app);
//! ```

mod error;
mod local;
mod logger;
mod refused;
mod statistics;

pub use error::Error;
pub use refused::Refused;
pub use statistics::{Statistics, stats};
