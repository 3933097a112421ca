"""Bad input gets one clear answer that names what is wrong; nothing else is disturbed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import raw_http
import recording
from servers import clean_environment, free_port
from serving import Serving

TIMES = (
    "soon",
    "-5",
    "-m",
    "15m",
    "--5m",
    "2026-11-23",
    "2026-13-01T00:00:00Z",
    "1e9",
    "-1y",
    "nul",
)
COUNTS = ("0", "-1", "1001", "1.5", "x", "99999999999999999999", "0x10")
# what is wrong with each parameter, wherever it can be given
WRONG = {
    "app": ("nobody", "watched", "'; DROP TABLE apps; --"),
    "from": TIMES,
    "to": TIMES,
    "step": ("2m", "1s", "0", "-1m", "auto1"),
    "limit": COUNTS,
    "status": ("600", "99", "6xx", "xx", "0xx", "-1"),
    "min_ms": ("-1", "nan", "inf", "x", "1e300"),
    "level": ("loud", "0", "warn,error"),
    "request": ("x", "0123", "0123456789abcdeg", "0123456789abcdef0"),
    "before": ("x", "-1", "'"),
    "sort": ("name", "time;"),
}


@pytest.fixture(scope="module")
def recorded(module_serve, haechi_binary, tmp_path_factory):
    return recording.make(module_serve, haechi_binary, tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def data(recorded, tmp_path):
    """A copy of the data folder, to be spoilt."""
    return Path(shutil.copytree(recorded, tmp_path / "data"))


@pytest.fixture
def serving(haechi_binary, data, tmp_path):
    made = Serving(haechi_binary, data, tmp_path / "serve")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def asked(recorded, haechi_binary, tmp_path_factory):
    """A dashboard for tests that spoil nothing."""
    folder = tmp_path_factory.mktemp("asked")
    data = Path(shutil.copytree(recorded, folder / "data"))
    made = Serving(haechi_binary, data, folder / "serve").start()
    yield made
    made.stop()


def field_at_fault(answer) -> "str | None":
    assert answer.headers["content-type"].startswith("application/json"), answer.text
    error = answer.json()["error"]
    # only a mistake in a search has a position
    assert error.keys() - {"position"} == {"code", "field", "message"}
    message = error["message"]
    assert message and "\n" not in message and message.isprintable(), message
    assert len(message) < 300, message
    return error["field"]


def resources(asked):
    """Every documented path with the names of its parameters; the id of a request filled in."""
    some = asked.ask("/api/requests")["requests"][0]["id"]
    for path, methods in asked.ask("/api/openapi.json")["paths"].items():
        if "get" not in methods:
            continue
        parameters = methods["get"].get("parameters", [])
        yield path.replace("{id}", some), [p["name"] for p in parameters if p["in"] == "query"]


def test_every_parameter_of_every_resource_is_checked_and_blamed_by_name(asked):
    checked = set()
    for path, names in resources(asked):
        for name in names:
            for value in WRONG.get(name, ()):
                answer = asked.get(f"{path}?{name}={quote(value)}")
                assert answer.status == 400, f"{path} {name}={value}: {answer.text}"
                assert field_at_fault(answer) == name, f"{path} {name}={value}: {answer.text}"
                checked.add(name)
    assert checked == WRONG.keys()


def test_an_unknown_repeated_or_garbled_parameter_is_blamed_by_name(asked):
    for path, names in resources(asked):
        if path in ("/healthz", "/readyz"):
            continue  # probes may add what they like
        for query, field in {
            "aap=x": "aap",
            "APP=x": "APP",
            "aap": "aap",
            "%61ap=1": "aap",
            "aap=1&aap=2": "aap",
            "x=%zz": "x",
            "x=%ff": "x",
            "x=%c3%28": "x",
            "q" * 5000: "query",
            "x=" + "y" * 20_000: "query",
        }.items():
            answer = asked.get(f"{path}?{query}")
            assert answer.status == 400, f"{path}?{query[:40]}: {answer.status} {answer.text}"
            assert field_at_fault(answer) == field, f"{path}?{query[:40]}: {answer.text}"
        if "app" in names:
            answer = asked.get(f"{path}?app={recording.APP}&app={recording.APP}")
            assert (answer.status, field_at_fault(answer)) == (400, "app")


def test_a_range_that_ends_before_it_begins_or_has_too_many_points_is_refused(asked):
    for query, field in {
        "from=-1m&to=-2m": "from",
        "from=now&to=now": "from",
        "from=2026-11-23T06:00:00Z&to=2026-11-23T05:00:00Z": "from",
        "from=-400d&step=1m": "step",
        "from=1970-01-01T00:00:00Z&step=1h": "step",
    }.items():
        answer = asked.get(f"/api/traffic?{query}")
        assert (answer.status, field_at_fault(answer)) == (400, field), answer.text


def test_a_search_that_cannot_be_understood_is_blamed_on_its_field(asked):
    for text in ('"', '"open', "(", "a AND", '"""', "*", "a NOT", 'col:x"', "NEAR(", "^", "-a"):
        answer = asked.get(f"/api/logs?q={quote(text)}")
        assert answer.status in (200, 400), f"{text}: {answer.status} {answer.text}"
        if answer.status == 400:
            assert field_at_fault(answer) == "q", answer.text


def test_an_id_is_bad_or_unknown_and_says_which(asked):
    for bad in ("x", "123", "0123456789ABCDEG", "..%2f..%2fetc", "%00", "0123456789abcdef0"):
        answer = asked.get(f"/api/requests/{bad}")
        assert (answer.status, field_at_fault(answer)) == (400, "id"), f"{bad}: {answer.text}"
    answer = asked.get("/api/requests/0123456789abcdef")
    assert (answer.status, field_at_fault(answer)) == (404, None)


def test_a_head_beyond_all_measure_is_cut_off_and_others_are_answered(asked):
    for head in (
        b"GET /api/apps?" + b"x" * (1 << 20) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/apps HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"GET /api/apps HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"x" * (1 << 20) + b"\r\n\r\n",
        b"\0" * 100_000,
    ):
        answer = raw_http.exchange(asked.port, head)
        assert answer.status is None or 400 <= answer.status < 500, answer.head
        assert asked.get("/api/apps").status == 200


def test_bad_json_is_not_even_read(asked):
    for body in (b"{", b"[" * 100_000, b"\xff\xfe", b'{"a":' * 1000):
        sent = [("Host", "localhost"), ("Content-Type", "application/json")]
        request = raw_http.get(
            "/api/apps", [*sent, ("Content-Length", str(len(body)))], method="POST", body=body
        )
        answer = raw_http.exchange(asked.port, request)
        assert answer.status == 405, answer.head
        assert json.loads(answer.body)["error"]["field"] is None


def run(binary, *arguments, environment=None):
    return subprocess.run(
        [str(binary), *map(str, arguments)],
        env=clean_environment(**(environment or {})),
        capture_output=True,
        text=True,
        timeout=30,
    )


def assert_one_line(ended, code: int, *words: str):
    lines = ended.stderr.splitlines()
    assert ended.returncode == code, ended.stderr
    assert len(lines) == 1 and lines[0].startswith("haechi: "), ended.stderr
    for word in words:
        assert word in lines[0], f"{word!r} is not in {lines[0]!r}"


@pytest.mark.parametrize(
    ("text", "word"),
    (
        ("prot = 1", "prot"),
        ("port = 5000\nkeep_dayz = 3", "keep_dayz"),
        ('port = "many"', "line 1"),
        ("keep_days = 3\nport = 70000", "line 2"),
        ("port = ", "line 1"),
        ("[port]\nx = 1", "line 1"),
        ("keep_days = -1", "line 1"),
    ),
)
def test_a_settings_file_that_is_not_understood_is_refused_naming_the_place(
    haechi_binary, data, text, word
):
    (data / "haechi.toml").write_text(text)
    for command in (("serve",), ("run", "--no-server")):
        tail = ("--", "true") if command[0] == "run" else ()
        ended = run(haechi_binary, *command, "--data", data, *tail)
        assert_one_line(ended, 2, "haechi.toml", word)


def test_a_settings_file_that_is_no_text_or_a_folder_is_refused(haechi_binary, data):
    (data / "haechi.toml").write_bytes(b"\xff\xfe\x00")
    assert_one_line(run(haechi_binary, "serve", "--data", data), 2, "haechi.toml")
    (data / "haechi.toml").unlink()
    (data / "haechi.toml").mkdir()
    assert_one_line(run(haechi_binary, "serve", "--data", data), 2, "haechi.toml")


@pytest.mark.parametrize("name", ("HAECHI_PORT", "HAECHI_STORE_BUDGET_BYTES", "HAECHI_KEEP_DAYS"))
def test_a_variable_that_is_not_understood_is_refused_by_name(haechi_binary, data, name):
    ended = run(haechi_binary, "serve", "--data", data, environment={name: "-x"})
    assert_one_line(ended, 2, name, "-x")


def test_a_second_haechi_is_refused_in_one_line_that_names_the_first(haechi_binary, serving, data):
    serving.start()
    first = str(serving.process.pid)
    second = run(haechi_binary, "serve", "--data", data, "--port", free_port())
    assert_one_line(second, 1, first, f"http://127.0.0.1:{serving.port}/", str(data))
    # a program to be watched runs all the same; the first one shows it
    watched = run(haechi_binary, "run", "--data", data, "--", "sh", "-c", "exit 7")
    assert_one_line(watched, 7, first, f"http://127.0.0.1:{serving.port}/")
    assert serving.get("/readyz").status == 200


def test_a_stopped_haechi_is_no_first(haechi_binary, serving, data):
    serving.start()
    serving.kill()
    serving.start()
    serving.stop()
    serving.start()


def test_a_taken_port_is_one_line_and_the_watched_program_runs(haechi_binary, data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(haechi_binary, "serve", "--data", data, "--port", port)
        assert_one_line(ended, 1, str(port), "--port")
        watched = run(
            haechi_binary, "run", "--data", data, "--port", port, "--", "sh", "-c", "exit 7"
        )
        assert_one_line(watched, 7, str(port), "--port")


def test_a_data_folder_that_cannot_be_is_one_line_and_the_watched_program_runs(
    haechi_binary, tmp_path
):
    (tmp_path / "file").write_text("")
    impossible = tmp_path / "file" / "data"
    ended = run(haechi_binary, "serve", "--data", impossible, "--port", free_port())
    assert_one_line(ended, 1, str(impossible))
    watched = run(
        haechi_binary, "run", "--data", impossible, "--", sys.executable, "-c", "print('ran')"
    )
    assert (watched.returncode, watched.stdout) == (0, "ran\n")
    assert_one_line(watched, 0, str(impossible))


def test_signals_end_it_at_once_and_cleanly(serving):
    for number in (signal.SIGINT, signal.SIGTERM):
        serving.start()
        serving.process.send_signal(number)
        assert serving.process.wait(5) == 0
        serving.process = None
        assert not (serving.data / "server.json").exists()
        assert os.listdir(serving.data / "quarantine") == []
