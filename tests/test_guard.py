"""No web page, no other host and no proxy gets a byte of data: every route, every forgery."""

import json
import re
import sys
from pathlib import Path

import pytest
import raw_http
import servers
from visitor import Visitor
from waiting import until

# stands in the data in many places, so that an answer which tells anything tells this
CANARY = "canary7f3a"

HOSTS = """
evil.example evil.example:{port} localhost.evil.example evil.localhost localhost. 127.0.0.1. localhost.:{port}
127.0.0.1.nip.io 127.0.0.1.evil.example:{port} 127.1 127.0.1 0177.0.0.1 0x7f.0.0.1 0x7f000001 2130706433
017700000001 128.0.0.1 126.255.255.255 0.0.0.0 0.0.0.0:{port} 0 10.0.0.1 172.17.0.1 192.168.0.1:{port}
169.254.169.254 [::] [::]:{port} [::2] [::ffff:127.0.0.1] [::ffff:7f00:1]:{port} [fe80::1%25lo] [::1 ::1
[::1]x [::1]: localhost: localhost:99999 localhost:{port}:1 localhost:x localhost:-1 me@localhost
localhost@evil.example me:pw@127.0.0.1:{port} localhost/evil localhost#evil localhost?evil localhost\\evil
http://localhost localhost,evil.example 127.0.0.256 1270.0.0.1 localhost%00 loc%61lhost xn--localhost-.example
metadata.google.internal host.docker.internal local localhost6 localdomain
""".split()
HOSTS += ["", " ", "localhost evil.example", "localhost, evil.example", "loc\u0430lhost"]

ORIGINS = """
null http://evil.example https://evil.example http://localhost.evil.example:{port} http://evil.localhost:{port}
http://localhost http://localhost:1 http://127.0.0.1 http://127.0.0.2:{port} http://[::1]:{port}
http://0.0.0.0:{port} http://192.168.0.1:{port} file:// chrome-extension://abcdefgh moz-extension://abcdefgh
ws://localhost:{port} ftp://localhost:{port} http://localhost:{port}@evil.example http://me@localhost:{port}
http://localhost:{port}/ http://localhost:{port}.evil.example localhost:{port} javascript:alert(1) about:blank
http://LOCALHOST.:{port} data:text/html,x blob:http://localhost:{port}
""".split()
ORIGINS += [
    "",
    "http://localhost:{port} http://evil.example",
    "http://localhost:{port}, http://evil.example",
]

FORWARDED = [
    (name, value)
    for name in """X-Forwarded-For X_Forwarded_For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port
    X-Forwarded-Server X-Forwarded-By X-Forwarded X-Real-IP X-Client-IP Client-IP True-Client-IP
    CF-Connecting-IP CF-Ray Fastly-Client-IP X-Cluster-Client-IP X-Original-Forwarded-For X-Originating-IP
    X-Remote-IP X-Remote-Addr X-Original-Host X-Host X-Envoy-External-Address Proxy-Client-IP
    WL-Proxy-Client-IP Forwarded-For""".split()
    for value in ("127.0.0.1", "8.8.8.8")
]
FORWARDED += [
    ("X-Forwarded-For", "127.0.0.1, 8.8.8.8"),
    ("X-Forwarded-For", "::1"),
    ("X-Forwarded-For", ""),
    ("x-FORWARDED-for", "localhost"),
    ("Forwarded", "for=127.0.0.1"),
    ("Forwarded", 'for="[::1]";host=localhost;proto=http'),
    ("Via", "1.1 localhost"),
    ("Proxy-Connection", "keep-alive"),
]
FETCHES = [
    [("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
    [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors")],
    [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "cors")],
    [("Sec-Fetch-Site", "nonsense")],
]


class Plain:
    """The folder of the plain program, in the place of a web2py site."""

    root = Path(__file__).resolve().parent


def waitress(port):
    return [sys.executable, str(Plain.root / "plain_wsgi.py"), "waitress", str(port)]


class Site:
    """A dashboard with data in it, and every path it answers at."""

    def __init__(self, server):
        self.port = server.dashboard
        self.ask = Visitor(self.port)
        rows = until(lambda: self.json("/api/requests")["requests"], what="a stored request")
        documented = self.json("/api/openapi.json")["paths"]
        page = self.ask.get("/").text
        assets = re.findall(r'(?:src|href)="\.?(/assets/[^"]+)"', page)
        assert assets, "the dashboard is not in this build"
        paths = {path.replace("{id}", rows[0]["id"]): ways for path, ways in documented.items()}
        ours = [path for path, ways in paths.items() if "get" in ways]
        self.changes = [path for path, ways in paths.items() if "post" in ways]
        nobodys = [
            "/nothing",
            "//",
            "/index.html",
            "/api",
            "/api/",
            "/api/apps/",
            "/%2e%2e/etc/passwd",
        ]
        self.paths = [*ours, "/", *assets, *nobodys]

    def json(self, path):
        return self.ask.get(path).json()

    def send(self, path, headers, **options):
        headers = [
            header.replace("{port}", str(self.port))
            if isinstance(header, str)
            else (header[0], header[1].replace("{port}", str(self.port)))
            for header in headers
        ]
        return raw_http.exchange(self.port, raw_http.get(path, headers, **options))

    @property
    def host(self):
        return ("Host", f"localhost:{self.port}")


@pytest.fixture(scope="module")
def site(module_serve):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(servers.COMMANDS, "waitress", waitress)
        server = module_serve("waitress", Plain, environment={"HAECHI_APP": CANARY})
    for _ in range(3):
        server.visitor.get(f"/{CANARY}?q={CANARY}", headers={"User-Agent": CANARY})
    return Site(server)


def assert_tells_nothing(answer, what):
    """400 or 403, and in the body nothing but one sentence that is the same for all."""
    assert answer.status in (400, 403), f"{what}: {answer.status}\n{answer.head}"
    assert CANARY.encode() not in answer.whole, what
    assert "access-control-" not in answer.head.lower(), what
    if answer.body:
        error = json.loads(answer.body)
        assert error.keys() == {"error"}, what
        assert error["error"].keys() == {"code", "field", "message"}, what
        assert len(answer.body) < 300, what


def test_an_honest_request_gets_the_data_that_a_forged_one_must_not(site):
    tell = []
    for path in site.paths:
        if path == "/api/live":
            continue  # never ends
        answer = site.send(path, [site.host])
        assert answer.status in (200, 404), f"{path}: {answer.status}"
        if CANARY.encode() in answer.body:
            tell.append(path)
    assert {"/api/apps", "/api/requests", "/api/routes", "/metrics"} <= set(tell)
    assert any(path.startswith("/api/requests/") for path in tell)
    same = [("Origin", f"http://localhost:{site.port}"), ("Sec-Fetch-Site", "same-origin")]
    assert CANARY.encode() in site.send("/api/apps", [site.host, *same]).body


def test_no_path_answers_a_forged_host(site):
    assert len(HOSTS) >= 40
    for host in HOSTS:
        for path in site.paths:
            assert_tells_nothing(site.send(path, [("Host", host)]), f"Host {host!r} {path}")


def test_no_path_answers_a_page_of_another_origin(site):
    assert len(ORIGINS) >= 20
    for path in site.paths:
        for origin in ORIGINS:
            answer = site.send(path, [site.host, ("Origin", origin)])
            assert_tells_nothing(answer, f"Origin {origin!r} {path}")
        for fetch in FETCHES:
            assert_tells_nothing(site.send(path, [site.host, *fetch]), f"{fetch} {path}")


def test_no_path_answers_what_was_forwarded(site):
    for path in site.paths:
        for header in FORWARDED:
            assert_tells_nothing(site.send(path, [site.host, header]), f"{header} {path}")


def test_a_request_line_or_head_that_disagrees_with_itself_is_refused(site):
    good, port = f"localhost:{site.port}", site.port
    for path in site.paths:
        forms = {
            "absolute form of elsewhere": ([f"http://evil.example{path}", "1.1"], [site.host]),
            "absolute form, host of elsewhere": (
                [f"http://{good}{path}", "1.1"],
                [("Host", "evil.example")],
            ),
            "absolute form with a user": (
                [f"http://localhost@evil.example{path}", "1.1"],
                [site.host],
            ),
            "host twice, the same": ([path, "1.1"], [site.host, site.host]),
            "host twice, ours first": ([path, "1.1"], [site.host, ("Host", "evil.example")]),
            "host twice, ours last": ([path, "1.1"], [("Host", "evil.example"), site.host]),
            "no host": ([path, "1.1"], []),
            "no host, HTTP/1.0": ([path, "1.0"], []),
            "host of elsewhere, HTTP/1.0": ([path, "1.0"], [("Host", "evil.example")]),
            "a blank before the colon": ([path, "1.1"], [f"Host : {good}"]),
            "a host over two lines": ([path, "1.1"], [f"Host: {good}", " .evil.example"]),
            "a tab in the host": ([path, "1.1"], [f"Host: {good}\tevil.example"]),
            "a zero byte in the host": ([path, "1.1"], [f"Host: {good}\0"]),
            "origin twice": (
                [path, "1.1"],
                [site.host, ("Origin", f"http://{good}"), ("Origin", "http://evil.example")],
            ),
        }
        for what, ((target, version), headers) in forms.items():
            answer = site.send(target, headers, version=version)
            assert_tells_nothing(answer, f"{what}: {path}")
    for what, request in {
        "HTTP/0.9": b"GET /api/apps\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "a tunnel": f"CONNECT localhost:{port} HTTP/1.1\r\nHost: {good}\r\nConnection: close\r\n\r\n".encode(),
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "nothing": b"\r\n\r\n",
    }.items():
        answer = raw_http.exchange(port, request, seconds=2)
        assert answer.status is None or answer.status >= 400, f"{what}: {answer.head}"
        assert CANARY.encode() not in answer.whole, what


def test_an_absolute_form_that_names_this_machine_is_as_good_as_any(site):
    answer = site.send(f"http://localhost:{site.port}/api/apps", [site.host])
    assert (answer.status, CANARY.encode() in answer.body) == (200, True)


@pytest.mark.parametrize("method", ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"))
def test_other_methods_do_nothing_and_tell_nothing(site, method):
    before = site.json("/api/apps")["apps"][0]["statistics"], site.json("/api/status")["notes"]
    forms = {
        "text/plain": b'{"a":1}',
        "application/x-www-form-urlencoded": b"a=1",
        "application/json": b"{",
    }
    for path in site.paths:
        for kind, body in forms.items():
            sent = [("Content-Type", kind), ("Content-Length", str(len(body)))]
            local = site.send(path, [site.host, *sent], method=method, body=body)
            assert local.status == 405, f"{method} {path}: {local.head}"
            assert "allow: get, head" in local.head.lower()
            assert CANARY.encode() not in local.whole
            assert "access-control-" not in local.head.lower()
        foreign = [site.host, ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")]
        answer = site.send(path, [*foreign, *sent], method=method, body=body)
        assert_tells_nothing(answer, f"{method} {path}")
    after = site.json("/api/apps")["apps"][0]["statistics"], site.json("/api/status")["notes"]
    assert after == before


def test_a_change_is_refused_unless_a_page_of_ours_asks_for_it(site):
    assert site.changes
    body = b"{}"
    kind = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    ours = ("X-Haechi", "1")
    forgeries = {
        "no header of ours": [site.host, *kind],
        "another host": [("Host", "evil.example"), ours, *kind],
        "another origin": [site.host, ours, ("Origin", "http://evil.example"), *kind],
        "another site": [site.host, ours, ("Sec-Fetch-Site", "cross-site"), *kind],
        "a proxy": [site.host, ours, ("X-Forwarded-For", "127.0.0.1"), *kind],
    }
    for path in site.changes:
        for what, headers in forgeries.items():
            answer = site.send(path, headers, method="POST", body=body)
            assert_tells_nothing(answer, f"{what}: {path}")
        assert site.send(path, [site.host]).status == 405, path


def test_a_head_request_gets_no_body(site):
    for path in ("/", "/api/apps", "/metrics"):
        answer = site.send(path, [site.host], method="HEAD")
        assert (answer.status, answer.body) == (200, b"")


def test_a_request_hidden_in_the_body_of_a_refused_one_is_not_answered(site):
    hidden = raw_http.get("/api/apps", [site.host])
    for headers in (
        [("Host", "evil.example"), ("Content-Length", str(len(hidden)))],
        [site.host, ("Origin", "http://evil.example"), ("Content-Length", str(len(hidden)))],
        [site.host, ("Content-Length", str(len(hidden))), ("Transfer-Encoding", "chunked")],
        [site.host, ("Content-Length", str(len(hidden))), ("Content-Length", "0")],
    ):
        lines = ["POST /api/apps HTTP/1.1", *map(raw_http.line, headers), "", ""]
        answer = raw_http.exchange(site.port, "\r\n".join(lines).encode() + hidden, seconds=2)
        assert CANARY.encode() not in answer.whole, f"{headers}\n{answer.head}"


def test_it_listens_on_loopback_alone(site):
    listening = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = row.split()
            address, port = local.rsplit(":", 1)
            if state == "0A" and int(port, 16) == site.port:
                listening.append(address)
    assert listening == ["0100007F"]


def test_every_answer_forbids_frames_sniffing_and_inline_code(site):
    for path in [*site.paths, "/api/apps?nonsense=1"]:
        if path == "/api/live":
            continue
        for host in (site.host, ("Host", "evil.example")):
            head = site.send(path, [host]).head.lower()
            assert "x-content-type-options: nosniff" in head, path
            policy = re.search("content-security-policy: (.*)", head).group(1)
            assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
            assert "unsafe" not in policy and "*" not in policy
