"""A second interpreter in one process cannot have the native part, and must not miss it."""

import subprocess
import sys

import pytest
from servers import clean_environment

PROGRAM = '''
try:
    import _interpreters as interpreters
    run = lambda text: interpreters.exec(interpreters.create("legacy"), text)
except ImportError:
    import _xxsubinterpreters as interpreters
    try:
        create = lambda: interpreters.create(isolated=False)
        run = lambda text: interpreters.run_string(create(), text)
        run("pass")
    except TypeError:
        run = lambda text: interpreters.run_string(interpreters.create(), text)

APP = """
import haechi
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"{0}"]
watched = haechi.wsgi(application, "{0}")
answer = watched(dict(REQUEST_METHOD="GET", PATH_INFO="/"), lambda *_: None)
print("{0}", b"".join(answer).decode(), watched is not application, flush=True)
"""
exec(APP.format("main"))
for name in ("first", "second"):
    result = run(APP.format(name))
    assert result is None, result
'''


def test_the_first_interpreter_is_watched_and_the_others_run_on(haechi_binary, tmp_path):
    ended = subprocess.run(
        [
            *(
                str(haechi_binary),
                "run",
                "--data",
                str(tmp_path / "data"),
                "--no-server",
                "--",
            ),
            *(sys.executable, "-c", PROGRAM),
        ],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "No module named" in ended.stderr and "interpreters" in ended.stderr:
        pytest.skip("this Python cannot make a second interpreter from Python code")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [
        "main main True",
        "first first False",
        "second second False",
    ]
    said = [line for line in ended.stderr.splitlines() if "not watching" in line]
    assert len(said) == 1 and "sub-interpreter" in said[0], ended.stderr
