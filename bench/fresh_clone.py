"""How long a fresh clone takes until the example app answers."""

import http.client
import os
import shutil
import signal
import subprocess
import time

from figures import Row, Section
from programs import ROOT, Problem, output_of, plain_environment, scratch
from server import free_port

LIMIT_MIN = 8.0
DEADLINE_S = 30 * 60


def measure(options) -> Section:
    folder = scratch("clone")
    tree = folder / "haechi"
    copy_tree(tree)
    minutes = until_it_answers(tree, folder)
    shutil.rmtree(folder, ignore_errors=True)
    return Section(
        "clone",
        "A fresh clone",
        [Row("from `make run` until the app answers", minutes, "min", LIMIT_MIN)],
        "The tree without anything built, a cargo target directory of its own; packages that "
        "cargo, npm and pip have downloaded before are not downloaded again.",
    )


def copy_tree(tree) -> None:
    """What a clone would hold if everything that stands here were committed."""
    listed = output_of(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT
    )
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)


def until_it_answers(tree, folder) -> float:
    port, dashboard = free_port(), free_port()
    environment = plain_environment(
        CARGO_TARGET_DIR=str(folder / "target"),
        PORT=str(port),
        DASHBOARD_PORT=str(dashboard),
        VISITORS="0",
    )
    for name in ("CARGO_HOME", "RUSTUP_HOME", "PYENV_ROOT"):
        if name in os.environ:
            environment[name] = os.environ[name]
    begun = time.perf_counter()
    with open(folder / "make.log", "wb") as log:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not answers(port):
            if process.poll() is not None:
                said = (folder / "make.log").read_text(errors="replace").strip().splitlines()
                raise Problem(f"make run of a fresh clone ended: {said[-1] if said else ''}")
            if time.perf_counter() - begun > DEADLINE_S:
                raise Problem("make run of a fresh clone took more than half an hour")
            time.sleep(0.2)
        return (time.perf_counter() - begun) / 60
    finally:
        stop(process)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/your_app/default/index")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def stop(process) -> None:
    """Ends the program as Ctrl-C would; its whole session if it does not end."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
