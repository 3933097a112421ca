//! web2py's tickets, read from the bytes of their files: a pickled dict that a
//! stranger may have written.
//!
//! Nothing is ever unpickled. [`pickle`] walks over the opcodes of protocols 0
//! to 5 and keeps the texts of the outermost dict; classes and calls are stepped
//! over, and a ticket that names a class or function no ticket has reason to
//! name is refused. Time and memory are bounded by the length of the file.
//!
//! * [`Ticket`]: the texts of a ticket.
//! * [`Occurrence`]: the exception a ticket is about: type, message, route and
//!   the chain of causes, as the recorder would have captured it, redacted.
//! * [`TicketName`]: what the name of a ticket's file says.
//!
//! Pure: no file, clock or thread is touched here.

mod classes;
mod error;
mod machine;
mod name;
mod occurrence;
pub mod pickle;
mod text;
mod ticket;
mod traceback;

pub use error::TicketError;
pub use name::TicketName;
pub use occurrence::Occurrence;
pub use ticket::Ticket;
