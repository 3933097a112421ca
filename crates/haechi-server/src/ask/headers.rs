use haechi_event::decode_headers;
use serde::Serialize;
use utoipa::ToSchema;

/// A header of a request or of its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeaderRow {
    /// Its name; in lower case where the server of the app tells no other.
    pub name: String,
    /// Its value, with secrets cut out.
    pub value: String,
    /// Bytes of the value that were left out behind that.
    pub left_out_bytes: u32,
}

pub(super) fn header_rows(bytes: &[u8]) -> Vec<HeaderRow> {
    let row = |header: haechi_event::Header<'_>| HeaderRow {
        name: header.name.to_owned(),
        value: header.value.to_owned(),
        left_out_bytes: header.left_out,
    };
    decode_headers(bytes).map(row).collect()
}
