use thiserror::Error;

/// Why a file is not read as a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TicketError {
    /// The bytes end inside an instruction or before the last one.
    #[error("it ends at byte {0}, before its end was marked; it was cut")]
    Truncated(usize),
    /// No protocol of Python's pickle has this instruction.
    #[error("byte {at} is no instruction of a pickle ({opcode:#04x}); it is damaged")]
    UnknownOpcode {
        /// Where it stands.
        at: usize,
        /// The byte.
        opcode: u8,
    },
    /// An instruction that does not fit what stands before it.
    #[error("the instruction at byte {at} does not fit ({what}); it is damaged")]
    Malformed {
        /// Where it stands.
        at: usize,
        /// What does not fit.
        what: &'static str,
    },
    /// It would load code that no ticket has reason to load.
    #[error("it would load {0}, which no ticket of web2py does; it was made to run code")]
    Foreign(String),
    /// More values at one time than any ticket has.
    #[error("it nests or collects more than {0} values; no ticket of web2py does")]
    TooDeep(usize),
    /// It holds something else.
    #[error("it holds no ticket: {0}")]
    NoTicket(&'static str),
}
