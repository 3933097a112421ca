"""Requests that somebody will look at keep their headers, without secrets; others keep none."""

import json
import sys
from pathlib import Path

import planted
import pytest
import raw_http
import servers
from browsing import dashboard
from playwright.sync_api import expect
from told import request_on
from visitor import Visitor

HERE = Path(__file__).resolve().parent
SECRETS = ("hunter2-basic", "hunter2-cookie", "hunter2-key", "hunter2-csrf", "hunter2-query")
HEADERS = {
    "X-Note": "first, second",
    "Accept-Language": "ko",
    "Authorization": "Basic hunter2-basic",
    "Cookie": "session_id_shop=hunter2-cookie; theme=dark",
    "X-Api-Key": "hunter2-key",
    "X-CSRF-Token": "hunter2-csrf",
    "Referer": "https://shop.example/in?password=hunter2-query&page=2",
}


class Plain:
    """The folder of the plain program, in the place of a web2py site."""

    root = HERE


@pytest.fixture(autouse=True)
def command(monkeypatch):
    def gunicorn(port):
        options = ["--workers", "2", "--threads", "2", "--no-control-socket"]
        bind = ["--bind", f"127.0.0.1:{port}", "heads_wsgi:application"]
        limits = ["--limit-request-fields", "4000", "--limit-request-field_size", "100000"]
        return [sys.executable, "-m", "gunicorn", *options, *limits, *bind]

    monkeypatch.setitem(servers.COMMANDS, "heads", gunicorn)


def start(serve, **options):
    environment = {"HAECHI_APP": "shop", "HAECHI_SLOW_MS": "300"}
    server = serve("heads", Plain, environment=environment, **options)
    return server, Visitor(server.dashboard)


def pairs(headers):
    return {header["name"]: header["value"] for header in headers}


@pytest.mark.parametrize("path", ["/raise", "/handled", "/busy", "/stream", "/slow"])
def test_a_request_that_fails_raises_or_is_slow_keeps_its_headers(serve, path):
    server, haechi = start(serve)
    raw = raw_http.get(path, [("Host", "shop.example"), *HEADERS.items()])
    raw_http.exchange(server.port, raw)
    whole = request_on(haechi, path, 0)
    assert whole["headers_left_out"] == whole["response_headers_left_out"] == 0
    told = pairs(whole["headers"])
    assert told == {
        "host": "shop.example",
        "x-note": "first, second",
        "accept-language": "ko",
        "authorization": "Basic [cut:key:13]",
        "cookie": "session_id_shop=[cut:cookie:14]; theme=[cut:cookie:4]",
        "x-api-key": "[cut:key:11]",
        "x-csrf-token": "[cut:key:12]",
        "referer": "https://shop.example/in?password=[cut:key:13]&page=2",
        "connection": "close",
    }
    answer = pairs(whole["response_headers"])
    if path == "/raise":
        assert answer == {}, "it raised before it answered"
    else:
        assert answer == {
            "Content-Type": "text/plain",
            "Set-Cookie": "sid=[cut:cookie:15]; Path=/; HttpOnly",
            "Location": "/login?token=[cut:key:15]",
        }
    server.stop()
    written = b"".join(planted.written(server.data).values())
    assert b"accept-language" in written
    for secret in (*SECRETS, "answer-secret-1", "answer-secret-2"):
        assert secret.encode() not in written, secret


def test_a_fast_request_that_answers_keeps_none(serve):
    server, haechi = start(serve)
    server.visitor.get("/fast", HEADERS)
    whole = request_on(haechi, "/fast", 0)
    assert whole["headers"] is None and whole["response_headers"] is None
    assert haechi.get("/api/status").json()["records_stored"] == 1


def test_headers_are_bounded_and_what_is_left_out_is_counted(serve):
    server, haechi = start(serve)
    lines = [f"X-Many-{number}: {number}" for number in range(3000)]
    raw_http.exchange(server.port, raw_http.get("/raise", ["Host: x", *lines]))
    whole = request_on(haechi, "/raise", 0)
    assert len(whole["headers"]) == 64
    assert whole["headers_left_out"] == 3000 + 2 - 64
    raw_http.exchange(
        server.port,
        raw_http.get("/busy", ["Host: x", f"X-Long: {'v' * 65_536}", "X-Tail: here"]),
    )
    told = {header["name"]: header for header in request_on(haechi, "/busy", 0)["headers"]}
    long = told["x-long"]
    assert len(long["value"]) + long["left_out_bytes"] == 65_536
    assert len(long["value"]) == 1024 and told["x-tail"]["value"] == "here"


def test_bytes_that_are_no_text_are_kept_as_far_as_they_are(serve):
    server, haechi = start(serve)
    raw = b"GET /busy HTTP/1.1\r\nHost: x\r\nX-Name: \xed\x95\xb4\xec\xb9\x98\r\n"
    raw += b"X-Bytes: a\xffb\tc\r\nConnection: close\r\n\r\n"
    raw_http.exchange(server.port, raw)
    told = pairs(request_on(haechi, "/busy", 0)["headers"])
    assert told["x-name"] == "해치"
    assert told["x-bytes"] == "a\ufffdb\tc"


def test_the_settings_file_switches_them_off_and_its_rules_cut_more(serve, tmp_path):
    for text, told in (
        ("[headers]\nkeep = false\n", None),
        ("[redact]\nkeys = ['note']\n", "[cut:key:13]"),
    ):
        data = tmp_path / str(told is None)
        data.mkdir(mode=0o700)
        (data / "haechi.toml").write_text(text)
        server, haechi = start(serve, data=data)
        server.visitor.get("/raise", HEADERS)
        headers = request_on(haechi, "/raise", 0)["headers"]
        assert told == (headers and pairs(headers)["x-note"])


def test_a_failing_request_of_web2py_shows_its_headers_on_its_page(serve, site, page):
    site.controller("your_app", "heads", "def index():\n    return str(1 / 0)\n")
    server = serve("rocket", site)
    server.visitor.get("/your_app/heads/index", HEADERS)
    server.visitor.get("/your_app/probe/ok", HEADERS)
    haechi = Visitor(server.dashboard)
    failed = request_on(haechi, "/your_app/heads/index", 0)
    told = pairs(failed["headers"])
    assert told["x-note"] == "first, second" and told["authorization"] == "Basic [cut:key:13]"
    assert pairs(failed["response_headers"])["web2py_error"].startswith("ticket your_app/")
    assert "hunter2" not in json.dumps(failed)
    page.goto(dashboard(server, f"#/requests/{failed['id']}"))
    shown = page.get_by_test_id("request-headers")
    expect(shown).to_contain_text("first, second")
    expect(shown.locator(".cut").first).to_be_visible()
    expect(page.get_by_test_id("response-headers")).to_contain_text("web2py_error")
    fine = request_on(haechi, "/your_app/probe/ok", 0)
    assert fine["headers"] is None
    page.goto(dashboard(server, f"#/requests/{fine['id']}"))
    expect(page.get_by_test_id("no-headers")).to_contain_text("5xx")
