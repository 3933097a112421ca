"""Looking at slow requests beside what may go wrong: forks, kills, greenlets, every CPython."""

import os
import signal
import sqlite3
import struct
import subprocess
from pathlib import Path

import ledger
import pytest
import servers
from serving import Serving
from test_run_command import PYTHONS
from test_samples import Plain, Stuck, ask_stack, gunicorn
from told import request_on
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent


def start(serve, *options, **environment):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(servers.COMMANDS, "slow", gunicorn(*options))
        server = serve("slow", Plain, environment={"HAECHI_APP": "shop", **environment})
    return server, Visitor(server.dashboard)


@pytest.mark.parametrize("version", sorted(PYTHONS))
def test_every_cpython_names_the_line_forks_in_peace_and_ends(haechi_binary, tmp_path, version):
    data = tmp_path / "data"
    program = [str(PYTHONS[version]), str(HERE / "slow_program.py"), "0.7"]
    ended = subprocess.run(
        [str(haechi_binary), "run", "--data", str(data), "--no-server", "--", *program],
        env=servers.clean_environment(HAECHI_SLOW_MS="100"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (0, "0\n"), ended.stderr
    assert "Warning" not in ended.stderr and "panicked" not in ended.stderr
    serving = Serving(haechi_binary, data, tmp_path / "serve").start()
    try:

        def spun():
            rows = [row for row in serving.every("requests") if row["path"] == "/spin"]
            return rows if len(rows) == 2 else None

        for row in until(spun, what="both requests"):
            samples = serving.ask(f"/api/requests/{row['id']}")["samples"]
            assert samples["top"]["function"] == "spin_here", (version, samples)
            # it has two lines
            frames = [frame for frame in samples["frames"] if frame["function"] == "spin_here"]
            found = sum(frame["samples"] for frame in frames)
            assert found >= 0.9 * samples["samples"] > 7, (version, samples)
    finally:
        serving.stop()


def test_under_gevent_only_what_computes_is_seen_and_the_reason_is_told(serve):
    server, haechi = start(serve, "--workers", "1", "--worker-class", "gevent")
    server.visitor.crowd(["/wait?1.5", "/wait?1.6"])
    waiting = request_on(haechi, "/wait", 0)["samples"]
    assert waiting["unseen"] == "elsewhere"
    assert waiting["looks"] > 10 and waiting["samples"] == 0
    server.visitor.get("/spin?1.5")
    computing = request_on(haechi, "/spin", 0)["samples"]
    assert computing["top"]["function"] == "spin_here" and computing["samples"] > 5


def records_of(board: Path) -> int:
    """Records a process made, as its scoreboard says, with those made of its death."""
    content = board.read_bytes()
    word = lambda at: struct.unpack_from("<Q", content, at)[0]  # noqa: E731
    lanes = sum(word(2560 + lane * 64) for lane in range(16))
    return word(264) + lanes + max(word(3592) - 1, 0)


def test_kill_nine_while_looking_leaves_the_ledger_exact_and_the_stack_told(serve):
    server, haechi = start(
        serve, "--workers", "1", "--threads", "8", HAECHI_SLOW_MS="100", HAECHI_OUTPUT="off"
    )
    server.visitor.crowd(["/wait?0.4"] * 6)
    stuck = Stuck(server)
    row = stuck.row(haechi)
    assert ask_stack(haechi, row["id"])["top"]["function"] == "stuck_here"
    os.kill(row["pid"], signal.SIGKILL)
    stuck.visit.join(60)
    died = until(lambda: dead(haechi, row["id"]), 30, "the death of the worker")
    assert died["samples"]["top"]["function"] == "stuck_here"

    def exact():
        try:
            if ledger.read(server.data).spooled:
                return None
        except (sqlite3.OperationalError, FileNotFoundError):
            return None  # a file that was just being made or just unlinked
        produced = sum(map(records_of, (server.data / "spool").glob("*.board")))
        status = haechi.get("/api/status").json()
        return status["records_stored"] == produced and not sum(status["drops"].values())

    until(exact, 20, "what was produced to be what is stored")


def dead(haechi, request):
    answer = haechi.get(f"/api/requests/{request}")
    return answer.json() if answer.status == 200 else None


def test_a_look_changes_nothing_for_the_code_that_is_looked_at(serve):
    # an answer of the app itself, computed while looked at every 10 ms, twice the same
    server, haechi = start(serve, "--workers", "1", "--threads", "4", HAECHI_SLOW_MS="10")
    answers = {answer.text for answer in server.visitor.crowd(["/same"] * 3)}
    assert len(answers) == 1
    assert request_on(haechi, "/same", 0)["samples"]["samples"] > 3
