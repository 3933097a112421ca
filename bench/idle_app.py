"""A live watched program that handles a request when told to."""

import subprocess
import sys
from pathlib import Path

from programs import MEASURED, plain_environment, watched


class IdleApp:
    """For a `with` block: `request(path)` handles one request and returns when it ended."""

    def __init__(self, data: Path):
        self.data = data

    def __enter__(self) -> "IdleApp":
        command = watched(self.data, [sys.executable, MEASURED / "one_request.py"])
        self.process = subprocess.Popen(
            [str(part) for part in command],
            env=plain_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def request(self, path: str) -> float:
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
