"""Starts real servers under `haechi run` on free loopback ports and stops them by their pid."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from visitor import Visitor
from waiting import until

BIN = Path(sys.executable).parent
# what is in the tests' own environment must not reach the watched program
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")


def free_port() -> int:
    """Returns a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    """Tells whether somebody accepts connections there; sends no request."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def clean_environment(**more: str) -> "dict[str, str]":
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        **more,
    }


# server -> its command, given a port; each runs in the site's folder
COMMANDS = {
    "rocket": lambda port: [sys.executable, "serve_rocket.py", str(port)],
    "gunicorn": lambda port: [
        *(
            sys.executable,
            "-m",
            "gunicorn",
            "--workers",
            "2",
            "--threads",
            "4",
            "--no-control-socket",
        ),
        *("--bind", f"127.0.0.1:{port}", "wsgi_site:application"),
    ],
    "gunicorn-preload": lambda port: [*COMMANDS["gunicorn"](port), "--preload"],
    "uwsgi": lambda port: [
        *(
            str(BIN / "uwsgi"),
            "--http-socket",
            f"127.0.0.1:{port}",
            "--wsgi-file",
            "wsgi_site.py",
        ),
        *(
            "--master",
            "--processes",
            "2",
            "--threads",
            "2",
            "--enable-threads",
            "--need-app",
        ),
        *("--die-on-term", "--limit-as", "512", "--disable-logging"),
    ],
}
SERVERS = tuple(COMMANDS)


@dataclass
class Server:
    """A watched server. `error` and `output` are files with what it printed."""

    process: subprocess.Popen
    port: int
    dashboard: int
    data: Path
    folder: Path
    visitor: Visitor = field(init=False)

    def __post_init__(self):
        self.visitor = Visitor(self.port)

    @property
    def output(self) -> str:
        return (self.folder / "out.txt").read_text()

    @property
    def error(self) -> str:
        return (self.folder / "err.txt").read_text()

    def stop(self) -> int:
        """Ends the server and all it started; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(45)  # longer than any of the servers waits for its workers
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
                raise AssertionError(f"the server did not stop:\n{self.error}") from None
        return self.process.returncode


def start(binary, kind, site, folder, *, data=None, server=True, environment=None) -> Server:
    """Starts server `kind` for `site` below `haechi run`; waits until it accepts connections.

    `server=False` runs without Haechi's own server (`--no-server`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    port, dashboard = free_port(), free_port()
    data = data or folder / "data"
    options = [
        "--data",
        str(data),
        *(("--port", str(dashboard)) if server else ("--no-server",)),
    ]
    with open(folder / "out.txt", "wb") as out, open(folder / "err.txt", "wb") as err:
        process = subprocess.Popen(
            [str(binary), "run", *options, "--", *COMMANDS[kind](port)],
            cwd=site.root,
            env=clean_environment(**(environment or {})),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    started = Server(process, port, dashboard, data, folder)
    until(
        lambda: listens(port) or process.poll() is not None,
        30,
        f"{kind} on port {port}",
    )
    assert process.poll() is None, f"{kind} ended with {process.returncode}:\n{started.error}"
    return started
