"""Runs an example app under `haechi run`, with gentle visitors.

Behind `make run`. APP is web2py (the default: real web2py from PyPI) or rust, PORT (8000) is the app's port, DASHBOARD_PORT (4240) Haechi's, VISITORS=0
sends no visitors, PYTHON names the Python to use, RUN_FOLDER (.run) is where all it makes lies.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import example_apps
import visitors
from example_apps import Problem, last_line

ROOT = Path(__file__).resolve().parent.parent
RUN = Path(os.environ.get("RUN_FOLDER") or ROOT / ".run").resolve()
HAECHI = Path(os.environ.get("HAECHI_BINARY") or ROOT / "dist" / "bin" / "haechi")
LOG = RUN / "server.log"
START_S = 60


def port_from(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Problem(f"{name}={text} is not a port; give a number from 1 to 65535")
    return int(text)


def check_port(port: int, name: str, what: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Problem(
                f"port {port} for {what} is taken; stop what uses it or run `make run {name}={port + 1}`"
            ) from None


def answers(port: int, path: str) -> bool:
    """Tells whether an HTTP server there answers `path` without a server error."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start(app: example_apps.Example, port: int, dashboard: int) -> subprocess.Popen:
    """Starts the app under `haechi run`, in a session of its own: Ctrl-C reaches it once, by us."""
    command = [
        *(str(HAECHI), "run", "--data", str(RUN / "data"), "--port", str(dashboard)),
        *("--", *app.command(port)),
    ]
    with open(LOG, "wb") as log:
        return subprocess.Popen(
            command,
            cwd=app.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_up(
    process: subprocess.Popen, first: "tuple[int, str]", dashboard: int, stop: threading.Event
) -> None:
    """Returns when the app's first page and the dashboard answer, or when `stop` is set."""
    places = [first, (dashboard, "/")]
    deadline = time.monotonic() + START_S
    while places and not stop.wait(0.1):
        if process.poll() is not None:
            raise Problem(f"the program ended at once: {last_line(LOG)}; see {LOG}")
        if time.monotonic() > deadline:
            where = f"http://127.0.0.1:{places[0][0]}{places[0][1]}"
            raise Problem(f"{where} did not answer within {START_S} s; see {LOG}")
        places = [place for place in places if not answers(*place)]


def finish(process: subprocess.Popen) -> None:
    """Ends the program and waits for it; kills its session if it does not end."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def say(text: str) -> None:
    print(text, flush=True)


def run(stop: threading.Event) -> None:
    if not HAECHI.exists():
        raise Problem("dist/bin/haechi is not built; run `make build` first")
    port, dashboard = port_from("PORT", 8000), port_from("DASHBOARD_PORT", 4240)
    if port == dashboard:
        raise Problem(f"PORT and DASHBOARD_PORT are both {port}; give two different ones")
    check_port(port, "PORT", "the app")
    check_port(dashboard, "DASHBOARD_PORT", "the dashboard")
    RUN.mkdir(exist_ok=True)
    app = example_apps.prepare(os.environ.get("APP") or "web2py", ROOT, RUN, say)
    process = start(app, port, dashboard)
    try:
        wait_until_up(process, (port, app.index), dashboard, stop)
        if stop.is_set():
            return
        say(f"  the app        http://127.0.0.1:{port}/your_app")
        say(f"  its statistics http://127.0.0.1:{port}/your_app/stats")
        say(f"  the dashboard  http://127.0.0.1:{dashboard}/")
        say("Ctrl-C stops it all.")
        if os.environ.get("VISITORS", "1") != "0":
            visitors.start(port, app.walks, stop)
        while not stop.wait(0.2):
            if process.poll() is not None:
                raise Problem(
                    f"the program ended with {process.returncode}: {last_line(LOG)}; see {LOG}"
                )
    finally:
        stop.set()
        finish(process)


def main() -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        run(stop)
    except Problem as problem:
        print(f"make run: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
