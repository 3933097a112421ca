use crate::say;
use haechi_server::Server;
use std::time::Duration;

/// What is left in the spool may take this long; more is kept for next time.
const DRAIN: Duration = Duration::from_secs(5);

/// Stops the server once the spool is stored.
pub(crate) fn stop(server: Server) {
    if !server.stop(DRAIN) {
        say::line(
            "some records are still in the spool; the next haechi on this folder stores them",
        );
    }
}
