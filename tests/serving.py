"""`haechi serve` as a process of its own, which a test may kill and start again."""

import json
import os
import signal
import subprocess
from pathlib import Path

from servers import clean_environment, free_port
from visitor import Answer, Visitor
from waiting import until


class Serving:
    """A collector with its dashboard on one data folder. `start` may come again after `kill`."""

    def __init__(self, binary: Path, data: Path, folder: Path):
        self.binary, self.data, self.folder = binary, data, folder
        self.port = free_port()
        self.process = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def errors(self) -> str:
        """What it printed, over all starts."""
        path = self.folder / "serve.txt"
        return path.read_text() if path.exists() else ""

    def start(self, *, ready: bool = True) -> "Serving":
        """Starts it; waits until it is ready unless told not to."""
        assert self.process is None, "it runs already"
        with open(self.folder / "serve.txt", "ab") as out:
            self.process = subprocess.Popen(
                [str(self.binary), "serve", "--data", str(self.data), "--port", str(self.port)],
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, seconds: float = 15) -> None:
        until(self.ready, seconds, f"haechi serve to be ready; it said:\n{self.errors}")

    def ready(self) -> bool:
        assert self.process.poll() is None, f"haechi serve ended:\n{self.errors}"
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def stop(self) -> int:
        """Ends it as a person would; returns the exit code."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
                raise AssertionError(f"haechi serve did not stop:\n{self.errors}") from None
        return process.returncode

    def get(self, path: str, headers=None) -> Answer:
        return Visitor(self.port).get(path, headers)

    def ask(self, path: str) -> dict:
        """The JSON of an answer that must be a success."""
        answer = self.get(path)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text}"
        return json.loads(answer.body)

    def notes(self) -> "list[dict]":
        return self.ask("/api/status")["notes"]

    def every(self, resource: str, query: str = "from=-1d") -> "list[dict]":
        """All rows of a paged resource, page by page."""
        rows, before = [], ""
        while True:
            page = self.ask(f"/api/{resource}?{query}&limit=1000{before}")
            rows += page[resource]
            if page["next"] is None:
                return rows
            before = f"&before={page['next']}"


class Asked:
    """What `Serving` asks, of the dashboard that came up with an app."""

    def __init__(self, server):
        self.port = server.dashboard

    get = Serving.get
    ask = Serving.ask
    every = Serving.every
