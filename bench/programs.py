"""The programs that are measured: the built binary, cargo's examples, virtual environments."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / ".run"
DATA = RUN / "bench-data"
MEASURED = Path(__file__).resolve().parent / "measured"
HAECHI = Path(os.environ.get("HAECHI_BINARY") or ROOT / "dist" / "bin" / "haechi")
VENV = RUN / "bench-venv"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"


class Problem(Exception):
    """What is wrong and what to do, in one line."""


def say(text: str) -> None:
    """Tells on stderr what is going on."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def need_binary() -> None:
    if not HAECHI.exists():
        raise Problem(f"{HAECHI} is not built; run `make build` first")


def scratch(name: str) -> Path:
    """A fresh, empty folder below the bench's data."""
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def example(crate: str, name: str) -> Path:
    """Builds an example of a crate for release; returns the program."""
    command = ["cargo", "build", "--quiet", "--release", "--package", crate, "--example", name]
    done = subprocess.run(
        [*command, "--message-format=json"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        raise Problem(f"`{' '.join(command)}` failed; build it by hand to see why")
    for line in reversed(done.stdout.splitlines()):
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == name:
            return Path(message["executable"])
    raise Problem(f"cargo built no program for example {name} of {crate}")


def output_of(command: "list[object]", **options) -> str:
    """Runs a program to its end; returns what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        **options,
    )
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
        raise Problem(f"{command[0]} ended with {done.returncode}: {lines[-1]}")
    return done.stdout


def json_of(command: "list[object]", **options) -> dict:
    """Runs a program whose last line is a JSON object; returns that."""
    return json.loads(output_of(command, **options).splitlines()[-1])


def peers_python() -> Path:
    """The Python of the environment with the peers, made if needed."""
    python, stamp = VENV / "bin" / "python", VENV / "installed.txt"
    wanted = REQUIREMENTS.read_text() + (ROOT / "scripts" / "web2py-kit.txt").read_text()
    if not python.exists() or not stamp.exists() or stamp.read_text() != wanted:
        say("installing what Haechi is measured beside into .run/bench-venv")
        output_of([sys.executable, "-m", "venv", "--clear", VENV])
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        output_of([*pip, "--requirement", REQUIREMENTS])
        stamp.write_text(wanted)
    return python


def plain_environment(**more: str) -> "dict[str, str]":
    """What measured programs get: nothing of ours, nothing random."""
    names = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PYTHONHASHSEED": "0", **more}


def watched(data: Path, command: "list[object]") -> "list[object]":
    """The command under `haechi run`, without a server."""
    return [HAECHI, "run", "--data", data, "--no-server", "--", *command]
