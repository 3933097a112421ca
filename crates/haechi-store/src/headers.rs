use haechi_event::Headers;

/// What the heads of a request and of its answer said, as kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredHeaders {
    /// The request's; see [`haechi_event::decode_headers`].
    pub request: Vec<u8>,
    /// Headers of it that were left out.
    pub request_left_out: u32,
    /// The answer's, encoded the same.
    pub response: Vec<u8>,
    /// Headers of the answer that were left out.
    pub response_left_out: u32,
}

impl From<&Headers<'_>> for StoredHeaders {
    fn from(told: &Headers<'_>) -> Self {
        Self {
            request: told.request.to_vec(),
            request_left_out: told.request_left_out,
            response: told.response.to_vec(),
            response_left_out: told.response_left_out,
        }
    }
}
