"""Calls to other servers, by the libraries that apps call with."""

import sys
from pathlib import Path

import pytest
import servers
from recorded import assert_adds_up, spans, whole
from visitor import Visitor

HERE = Path(__file__).resolve().parent
WAYS = ("http_client", "urllib", "requests", "httpx")


class Here:
    root = HERE


@pytest.fixture(scope="module")
def other():
    """Another server: half a tenth of a second late, and with nothing to give."""
    import threading
    import time
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Late(BaseHTTPRequestHandler):
        def do_GET(self):
            time.sleep(0.05)
            self.send_response(503)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"late")

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Late) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def app(module_serve):
    def gunicorn(port):
        options = ["--workers", "1", "--threads", "2", "--no-control-socket"]
        bind = ["--bind", f"127.0.0.1:{port}", "calling_out:application"]
        return [sys.executable, "-m", "gunicorn", *options, *bind]

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(servers.COMMANDS, "calling", gunicorn)
        server = module_serve("calling", Here)
    return server, Visitor(server.dashboard)


@pytest.mark.parametrize("way", WAYS)
def test_a_call_to_another_server_is_told_once_with_its_status_and_without_its_query(
    app, other, way
):
    server, haechi = app
    address = f"http://127.0.0.1:{other}/items/7?key=hunter2"
    assert server.visitor.get(f"/{way}?{address}").text == "(503, b'late')"
    request = whole(haechi, f"/{way}")
    (call,) = spans(request, "http_client")
    assert call["name"] == f"GET 127.0.0.1:{other}/items/7"
    assert (call["status"], call["failed"]) == (503, False)
    assert call["duration_ms"] >= 50 and call["file"].endswith("calling_out.py") and call["line"]
    assert_adds_up(request)


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_nobody_reaches_is_told_as_a_failed_call(app, way):
    server, haechi = app
    closed = servers.free_port()
    answer = server.visitor.get(f"/{way}/unreachable?http://127.0.0.1:{closed}/")
    assert answer.text in ("ConnectionRefusedError", "URLError", "ConnectionError", "ConnectError")
    request = whole(haechi, f"/{way}/unreachable")
    (call,) = spans(request, "http_client")
    assert (call["name"], call["failed"]) == (f"GET 127.0.0.1:{closed}/", True)
    assert_adds_up(request)
