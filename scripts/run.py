"""Runs the example: real web2py from PyPI under `haechi run`, with gentle visitors.

Behind `make run`. PORT (8000) is the app's port, DASHBOARD_PORT (4240) Haechi's, VISITORS=0
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

import pythons
import visitors
from web2py_site import add_app, build_site

ROOT = Path(__file__).resolve().parent.parent
RUN = Path(os.environ.get("RUN_FOLDER") or ROOT / ".run").resolve()
HAECHI = Path(os.environ.get("HAECHI_BINARY") or ROOT / "dist" / "bin" / "haechi")
KIT = ROOT / "scripts" / "web2py-kit.txt"
VENV_PYTHON = RUN / "venv" / "bin" / "python"
LOG = RUN / "server.log"
START_S = 60


class Problem(Exception):
    """What is wrong and what to do, in one line."""


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


def prepare_venv() -> None:
    """Makes .run/venv with the web2py kit, unless it is there and whole."""
    stamp = RUN / "venv" / "kit.txt"
    if stamp.exists() and stamp.read_text() == KIT.read_text() and VENV_PYTHON.exists():
        return
    python = pythons.choose()
    if python is None:
        raise Problem(
            "no Python that web2py runs on; install CPython 3.9 to 3.13 with its venv module "
            "(Debian: apt install python3-venv), or name one with PYTHON="
        )
    say("installing web2py from PyPI into .run/venv")
    log = RUN / "install.log"
    with open(log, "wb") as output:
        steps = (
            [python, "-m", "venv", "--clear", str(RUN / "venv")],
            [
                str(VENV_PYTHON),
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "-r",
                str(KIT),
            ],
        )
        for step in steps:
            if subprocess.run(step, stdout=output, stderr=subprocess.STDOUT).returncode != 0:
                raise Problem(f"could not install web2py: {last_line(log)}; see {log}")
    stamp.write_text(KIT.read_text())


def last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "no output"


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


def start(port: int, dashboard: int) -> subprocess.Popen:
    """Starts the app under `haechi run`, in a session of its own: Ctrl-C reaches it once, by us."""
    site = build_site(RUN / "site")
    add_app(site, "your_app", ROOT / "examples" / "your_app")
    command = [
        *(str(HAECHI), "run", "--data", str(RUN / "data"), "--port", str(dashboard)),
        *("--", str(VENV_PYTHON), "serve_rocket.py", str(port)),
    ]
    with open(LOG, "wb") as log:
        return subprocess.Popen(
            command,
            cwd=site,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_up(
    process: subprocess.Popen, port: int, dashboard: int, stop: threading.Event
) -> None:
    """Returns when the app and the dashboard answer, or when `stop` is set."""
    places = [(port, "/your_app/default/index"), (dashboard, "/")]
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
    prepare_venv()
    process = start(port, dashboard)
    try:
        wait_until_up(process, port, dashboard, stop)
        if stop.is_set():
            return
        say(f"  the app        http://127.0.0.1:{port}/your_app")
        say(f"  its statistics http://127.0.0.1:{port}/your_app/stats")
        say(f"  the dashboard  http://127.0.0.1:{dashboard}/")
        say("Ctrl-C stops it all.")
        if os.environ.get("VISITORS", "1") != "0":
            visitors.start(port, stop)
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
