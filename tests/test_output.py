"""What a watched program prints reaches its terminal as if Haechi were not there."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from servers import clean_environment
from serving import Serving
from test_run_command import not_ours, run
from waiting import until

# answers one request to itself without a server, then goes on printing
PROGRAM = Path(__file__).resolve().parent / "printing.py"


def told(binary, data, folder):
    """Every line that was recorded, oldest first."""
    serving = Serving(binary, data, folder)
    try:
        serving.start()
        found = until(lambda: serving.every("logs"), what="lines")
        until(lambda: any(line["message"] == "the last line" for line in serving.every("logs")))
        return list(reversed(serving.every("logs"))) or found
    finally:
        serving.stop()


def test_bytes_order_and_the_streams_themselves_are_the_same(haechi_binary, tmp_path):
    program = [sys.executable, str(PROGRAM)]
    watched = [str(haechi_binary), "run", "--data", str(tmp_path), "--no-server", "--", *program]
    bare, ended = (
        subprocess.run(command, env=clean_environment(), capture_output=True)
        for command in (program, watched)
    )
    assert (ended.returncode, bare.returncode) == (0, 0), ended.stderr
    assert ended.stdout == bare.stdout
    assert not_ours(ended.stderr.decode()) == bare.stderr.decode().splitlines()


def test_lines_are_recorded_whole_and_once(haechi_binary, tmp_path):
    ended = run(haechi_binary, tmp_path / "data", sys.executable, PROGRAM, errors="surrogateescape")
    assert ended.returncode == 0, ended.stderr
    lines = told(haechi_binary, tmp_path / "data", tmp_path / "serve")
    found = [line["message"] for line in lines if line["logger"] == "stdout"]
    assert found.count("in the request") == 1
    assert found.count("pieces of a line") == 1
    assert found.count("after a stream of the app's own") == 1
    assert "kept in memory" not in found
    assert found[-1] == "the last line"  # it has no end


@pytest.mark.parametrize("how", ("flag", "environment", "file"))
def test_recording_output_can_be_switched_off(haechi_binary, tmp_path, how):
    data = tmp_path / "data"
    data.mkdir()
    environment = {"HAECHI_OUTPUT": "off"} if how == "environment" else {}
    if how == "file":
        (data / "haechi.toml").write_text("output = false\n")
    options = ["--no-output"] if how == "flag" else []
    command = [haechi_binary, "run", "--data", data, "--no-server", *options, "--"]
    ended = subprocess.run(
        [*map(str, command), sys.executable, str(PROGRAM), "log"],
        env=clean_environment(**environment),
        capture_output=True,
    )
    assert b"in the request" in ended.stdout
    lines = told(haechi_binary, data, tmp_path / "serve")
    assert {line["logger"] for line in lines} == {"told"}


def test_a_terminal_stays_a_terminal(haechi_binary, tmp_path):
    ours, theirs = pty.openpty()
    command = [haechi_binary, "run", "--data", tmp_path, "--no-server", "--"]
    process = subprocess.Popen(
        [*map(str, command), sys.executable, str(PROGRAM), "tty"],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    seen = b""
    try:
        while b"tty: True" not in seen:
            seen += os.read(ours, 4096)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_closed_stdout_is_the_programs_own_affair(haechi_binary, tmp_path):
    ended = run(haechi_binary, tmp_path / "data", sys.executable, PROGRAM, "closed")
    assert ended.returncode == 0, ended.stderr
    assert "ValueError: I/O operation on closed file" in ended.stderr
