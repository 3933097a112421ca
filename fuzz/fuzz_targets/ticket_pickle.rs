//! Any bytes in the place of a ticket are read or refused, in time and memory
//! that follow from their length; what is read becomes one occurrence.
#![no_main]

use haechi_event::decode_stack;
use haechi_ticket::{Occurrence, Ticket, TicketName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Ticket::read(bytes) {
        Ok(ticket) => {
            let found = Occurrence::of(&ticket);
            assert!(decode_stack(&found.stack).is_ok());
            assert!(!found.kind.is_empty());
        }
        Err(error) => {
            let told = error.to_string();
            assert!(told.len() < 1000 && !told.chars().any(char::is_control), "{told:?}");
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = TicketName::parse(text);
        let ticket = Ticket { traceback: text.to_owned(), ..Ticket::default() };
        assert!(decode_stack(&Occurrence::of(&ticket).stack).is_ok());
    }
});
