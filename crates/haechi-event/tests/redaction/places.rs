//! Where secrets stand: `NAME` and `SECRET` are put in.

use haechi_event::redact;

/// Which function looks at the place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    Text,
    /// Text, and the secret must be written as addresses demand.
    TextAddress,
    Query,
    Url,
    /// The value of the name.
    Pair,
    /// The value of an attribute called `note`.
    Note,
    /// The value of a header of this name.
    Header(&'static str),
    /// The same, and the secret must be written as addresses demand.
    HeaderAddress(&'static str),
    /// The value of a header that the secret's name is part of.
    OwnHeader,
}

pub(crate) const PLACES: [(By, &str); 50] = [
    (By::Text, "login with NAME=SECRET from 203.0.113.7"),
    (By::Text, "NAME: SECRET"),
    (By::Text, r#"received {"NAME": "SECRET", "page": 3}"#),
    (By::Text, "vars {'page': 3, 'NAME': 'SECRET'}"),
    (By::Text, "body {'NAME': b'SECRET'}"),
    (By::Text, "<Storage {'page': '3', 'NAME': 'SECRET'}>"),
    (By::Text, "User(name='jane', NAME='SECRET')"),
    (By::Text, "NAME: SECRET\r\nHost: example.org"),
    (By::Text, "Authorization: Bearer SECRET\nAccept: */*"),
    (By::Text, "'Authorization': 'Token SECRET', 'Accept': '*/*'"),
    (By::Text, "Cookie: theme=dark; NAME=SECRET; lang=ko"),
    (By::Text, "Set-Cookie: NAME=SECRET; Path=/; HttpOnly"),
    (By::Text, "{'HTTP_COOKIE': 'theme=dark; NAME=SECRET', 'SERVER_PORT': '80'}"),
    (By::TextAddress, "GET /login?NAME=SECRET&page=2 HTTP/1.1"),
    (By::TextAddress, "POST body: page=2&NAME=SECRET&next=/"),
    (By::Text, "curl -H 'Authorization: Bearer SECRET' https://api.example.org/"),
    (By::Text, "mysql --NAME SECRET -h db"),
    (By::Text, "['mysql', '--NAME', 'SECRET']"),
    (By::Text, "SELECT id FROM t WHERE NAME = 'SECRET' AND n = 1"),
    (By::Text, "UPDATE t SET n = 1, \"NAME\" = 'SECRET' WHERE id = 5"),
    (By::Text, r#"INSERT INTO "t"("id","NAME","n") VALUES (1,'SECRET',3);"#),
    (By::Text, "SELECT * FROM t WHERE t.NAME LIKE 'SECRET'"),
    (By::Text, "<user><NAME>SECRET</NAME></user>"),
    (By::Text, r#"<input type="hidden" name="NAME" value="SECRET">"#),
    (By::Text, "form-data; name=\"NAME\"\r\n\r\nSECRET\r\n--boundary--"),
    (By::Text, "[('page', '3'), ('NAME', 'SECRET')]"),
    (By::Text, r#"{"name": "NAME", "value": "SECRET"}"#),
    (By::Text, r#"{"body": "{\"NAME\": \"SECRET\", \"page\": 3}"}"#),
    (By::Text, "Traceback (most recent call last):\nValueError: bad NAME='SECRET'"),
    (By::Text, "    connect(user, NAME=\"SECRET\")"),
    (By::Text, "export NAME=SECRET"),
    (By::Text, "config:\n  NAME: SECRET\n  debug: true"),
    (By::TextAddress, "proxy https://me:SECRET@proxy.example:8080/ failed"),
    (By::TextAddress, "data=%7B%22NAME%22%3A%22SECRET%22%7D"),
    (By::Query, "page=2&NAME=SECRET"),
    (By::Query, "next=%2Flogin%3FNAME%3DSECRET"),
    (By::Query, "page=2&user%5BNAME%5D=SECRET&x=1"),
    (By::Url, "https://example.org/cb?NAME=SECRET&page=1"),
    (By::Url, "https://example.org/cb#NAME=SECRET"),
    (By::Url, "https://me:SECRET@example.org/"),
    (By::Pair, "SECRET"),
    (By::Note, "answer was NAME=SECRET, gave up"),
    (By::Header("cookie"), "theme=dark; NAME=SECRET; lang=ko"),
    (By::Header("set-cookie"), "NAME=SECRET; Path=/; HttpOnly"),
    (By::Header("authorization"), "Bearer SECRET"),
    (By::Header("proxy-authorization"), "SECRET"),
    (By::OwnHeader, "SECRET"),
    (By::HeaderAddress("referer"), "https://shop.example/login?NAME=SECRET&page=1"),
    (By::HeaderAddress("location"), "/cb#NAME=SECRET"),
    (By::Header("x-note"), "NAME=SECRET, gave up"),
];

impl By {
    pub(crate) const fn is_address(self) -> bool {
        matches!(self, Self::TextAddress | Self::Query | Self::Url | Self::HeaderAddress(_))
    }

    pub(crate) fn look(self, name: &str, text: &str) -> String {
        match self {
            Self::Text | Self::TextAddress => redact::text(text),
            Self::Query => redact::query(text),
            Self::Url => redact::url(text),
            Self::Pair => redact::pair(name, text),
            Self::Note => redact::pair("note", text),
            Self::Header(header) | Self::HeaderAddress(header) => redact::header(header, text),
            Self::OwnHeader => redact::header(&format!("x-shop-{name}"), text),
        }
        .into_owned()
    }
}
