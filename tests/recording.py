"""A data folder with requests in it, made by a real program, for tests that spoil it or ask it."""

import sys
from pathlib import Path

import kept
import pytest
import servers
from serving import Serving
from waiting import until

HERE = Path(__file__).resolve().parent
APP = "watched_app"
REQUESTS = 30


class Plain:
    """The folder of the plain program, in the place of a web2py site."""

    root = HERE


def waitress(port):
    return [sys.executable, str(HERE / "plain_wsgi.py"), "waitress", str(port)]


def watch(serve, data: Path):
    """Starts the plain program on a data folder, without a server of Haechi's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(servers.COMMANDS, "waitress", waitress)
        environment = {"HAECHI_APP": APP}
        return serve("waitress", Plain, data=data, server=False, environment=environment)


def make(serve, binary: Path, folder: Path) -> Path:
    """Returns a data folder with `REQUESTS` stored requests, that nobody uses."""
    data = folder / "data"
    server = watch(serve, data)
    server.visitor.crowd([f"/{number}" for number in range(REQUESTS)])
    server.stop()
    serving = Serving(binary, data, folder / "serve")
    try:
        serving.start()
        until(lambda: len(serving.every("requests")) == REQUESTS, what="all requests stored")
    finally:
        serving.stop()
    files = [*kept.days(data), data / "haechi.db"]
    assert not [file for file in files if Path(f"{file}-wal").exists()], "a stop left a log behind"
    return data
