use crate::{TicketError, pickle};

/// Keys of the dict that web2py writes.
const KEYS: [&str; 3] = ["layer", "output", "traceback"];

/// The texts of a ticket. Its snapshot, which holds every local variable in the
/// clear, is not among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ticket {
    /// The app's file that ran.
    pub layer: String,
    /// Class and message of the exception, as `<class 'X'> message`.
    pub output: String,
    /// The traceback as Python prints it.
    pub traceback: String,
}

impl Ticket {
    /// Reads the bytes of a ticket's file.
    ///
    /// # Errors
    /// [`TicketError`], also if no traceback is in it.
    pub fn read(bytes: &[u8]) -> Result<Self, TicketError> {
        let mut texts = pickle::texts_of_dict(bytes, &KEYS)?.into_iter();
        let mut next = || texts.next().flatten();
        let (layer, output, traceback) = (next(), next(), next());
        let traceback = traceback.ok_or(TicketError::NoTicket("there is no traceback in it"))?;
        Ok(Self { layer: layer.unwrap_or_default(), output: output.unwrap_or_default(), traceback })
    }
}
