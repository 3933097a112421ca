/// The method as OpenTelemetry's `http.request.method` wants it: one of the
/// nine of RFC 9110 and RFC 5789, or `_OTHER`, so that a hostile client cannot
/// make up new ones.
#[inline]
#[must_use]
pub fn known_method(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        _ => "_OTHER",
    }
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
