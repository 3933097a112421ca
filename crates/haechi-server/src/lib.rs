//! The server: collects the spool into the store and answers questions.
//!
//! The way of a request, from where the app's process has let go of it:
//!
//! 1. `collector/segment.rs` reads new records of one segment (`pread`, never
//!    mapped) from the position the store has reached.
//! 2. `collector/batch.rs` decodes them; what cannot be understood is counted
//!    and noted.
//! 3. `collector/round.rs` commits records, drops and notes as one batch
//!    (rows, rollups and read positions in one transaction), hands log lines and
//!    issues to `live/`, and only then unlinks finished segments.
//! 4. `ask/` holds every question as a function: parameters in, answer out. One
//!    file per resource.
//! 5. `http/` puts them on the wire: `guard.rs` decides who may ask, one file
//!    per resource says how, `reply.rs` turns errors into statuses in one match.
//! 6. `live/` looks at the scoreboards once a second while anybody listens, and
//!    `http/live.rs` streams what it sees.
//!
//! `countries.rs` is the operator's table of addresses, which the store asks while it
//! appends.
//!
//! `processes.rs` looks at the processes and the host through `/proc`, when it is
//! asked, so that "slow" can be told from "full".
//!
//! Beside that way, `tickets/` reads the tickets that web2py wrote before it was
//! watched, and stores them as exceptions.
//!
//! Everything is read but for an issue's state (`ask/issue_state.rs`), which is
//! changed by POST behind a stricter guard.
//!
//! [`Server`] holds it all together; [`Visit`] asks the same questions of a folder
//! that no server has; `folder.rs` makes sure that there is one
//! per data folder; `health.rs` is what `/readyz` asks.

pub mod ask;
mod collector;
mod countries;
mod error;
mod folder;
mod health;
mod http;
mod live;
mod processes;
#[cfg(test)]
mod sample;
mod server;
mod settings;
mod significance;
mod tickets;
mod versions;
mod visit;

pub use countries::{CountryTable, TableFacts};
pub use error::{Allowed, ServerError};
pub use folder::{FolderLock, ServerFile};
pub use health::{Health, TicketProgress};
pub use http::openapi_document;
pub use live::{AppTick, Numbers, Pulse, Tick};
pub use server::Server;
pub use settings::{DEFAULT_PORT, Settings, loopback};
pub use versions::{Compared, VERSION};
pub use visit::Visit;
