"""Keeps the disk busy: programs that write, sync, make and unlink files without pause."""

import subprocess
import sys
from pathlib import Path

from programs import MEASURED, Problem

PROGRAMS = 2


class BusyDisk:
    """Busy from the beginning of a `with` block to its end, below `folder`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.running: list[subprocess.Popen] = []

    def __enter__(self) -> "BusyDisk":
        for number in range(PROGRAMS):
            folder = self.folder / str(number)
            folder.mkdir()
            program = subprocess.Popen(
                [sys.executable, MEASURED / "writing.py", folder],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
            )
            self.running.append(program)
        for program in self.running:
            # says so when it has synced once
            if not program.stdout.readline():
                self.__exit__()
                raise Problem("the program that keeps the disk busy ended at once")
        return self

    def __exit__(self, *_) -> None:
        for program in self.running:
            program.kill()
            program.wait()
            program.stdout.close()
