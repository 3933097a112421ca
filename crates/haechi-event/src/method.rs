/// The method as OpenTelemetry's `http.request.method` wants it: one of the
/// nine of RFC 9110 and RFC 5789, or `_OTHER`, so that a hostile client cannot
/// make up new ones.
#[must_use]
pub fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 9] =
        ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests {
    use super::known_method;

    #[test]
    fn an_invented_method_is_other() {
        assert_eq!(known_method("GET"), "GET");
        assert_eq!(known_method("get"), "_OTHER");
        assert_eq!(known_method("BREW"), "_OTHER");
    }
}
