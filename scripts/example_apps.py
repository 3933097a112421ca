"""The example apps: how each is made ready, started and visited."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pythons
import visitors
from web2py_site import add_app, build_site


class Problem(Exception):
    """What is wrong and what to do, in one line."""


@dataclass
class Example:
    """An app that is ready to be started."""

    arguments: "list[str]"  # the port goes behind them
    folder: Path
    index: str  # the path of its first page
    walks: tuple

    def command(self, port: int) -> "list[str]":
        return [*self.arguments, str(port)]


def prepare(name: str, root: Path, run: Path, say: "Callable[[str], None]") -> Example:
    """Makes the example called `name` ready below `run`."""
    if name == "web2py":
        return web2py(root, run, say)
    if name == "rust":
        return rust(root, run)
    raise Problem(f"APP={name} is no example; give APP=web2py or APP=rust")


def web2py(root: Path, run: Path, say: "Callable[[str], None]") -> Example:
    python = prepare_venv(root / "scripts" / "web2py-kit.txt", run, say)
    site = build_site(run / "site")
    add_app(site, "your_app", root / "examples" / "your_app")
    command = [str(python), "serve_rocket.py"]
    return Example(command, site, "/your_app/default/index", visitors.WEB2PY)


def rust(root: Path, run: Path) -> Example:
    program = root / "dist" / "bin" / "your_app"
    if not program.exists():
        raise Problem("dist/bin/your_app is not built; start it by `make run APP=rust`")
    folder = run / "rust"
    folder.mkdir(parents=True, exist_ok=True)
    return Example([str(program)], folder, "/your_app", visitors.RUST)


def prepare_venv(kit: Path, run: Path, say: "Callable[[str], None]") -> Path:
    """Makes .run/venv with the web2py kit, unless it is there and whole; returns its Python."""
    stamp = run / "venv" / "kit.txt"
    venv_python = run / "venv" / "bin" / "python"
    if stamp.exists() and stamp.read_text() == kit.read_text() and venv_python.exists():
        return venv_python
    python = pythons.choose()
    if python is None:
        raise Problem(
            "no Python that web2py runs on; install CPython 3.9 to 3.13 with its venv module "
            "(Debian: apt install python3-venv), or name one with PYTHON="
        )
    say("installing web2py from PyPI into .run/venv")
    log = run / "install.log"
    with open(log, "wb") as output:
        steps = (
            [python, "-m", "venv", "--clear", str(run / "venv")],
            [
                str(venv_python),
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "-r",
                str(kit),
            ],
        )
        for step in steps:
            if subprocess.run(step, stdout=output, stderr=subprocess.STDOUT).returncode != 0:
                raise Problem(f"could not install web2py: {last_line(log)}; see {log}")
    stamp.write_text(kit.read_text())
    return venv_python


def last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "no output"
