"""`haechi run -- CMD`: any Python program, no change to it, as if Haechi were not there."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from servers import clean_environment

ONE_LINE = "haechi: not watching this program: "
# a plain WSGI program on the standard library alone: answers requests to itself, then ends
SELF_VISITING = Path(__file__).resolve().parent / "self_visiting.py"


def run(binary, data, *command, **options):
    environment = clean_environment(**options.pop("environment", {}))
    return subprocess.run(
        [
            str(binary),
            "run",
            "--data",
            str(data),
            "--no-server",
            "--",
            *map(str, command),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def not_ours(error):
    """The lines of stderr that are not what `haechi run` says of itself."""
    return [line for line in error.splitlines() if not line.startswith("haechi: ")]


def pythons():
    """Every CPython 3.9 to 3.13 of this machine, one of each version."""
    found = {}
    roots = [Path.home() / ".pyenv" / "versions"]
    programs = [
        path for root in roots if root.exists() for path in sorted(root.glob("3.*/bin/python3"))
    ]
    on_path = [Path(path) for minor in range(9, 14) if (path := shutil.which(f"python3.{minor}"))]
    for program in [Path(sys.executable), *on_path, *programs]:
        asked = subprocess.run(
            [str(program), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
        )
        version = asked.stdout.strip()
        if asked.returncode == 0 and version in {f"3.{minor}" for minor in range(9, 14)}:
            found.setdefault(version, program)
    return found


PYTHONS = pythons()


@pytest.mark.parametrize("version", sorted(PYTHONS))
def test_every_cpython_is_watched_by_the_one_native_part(haechi_binary, tmp_path, version):
    ended = run(haechi_binary, tmp_path / "data", PYTHONS[version], SELF_VISITING, "5")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["requests"]["total"] == 5
    assert ONE_LINE not in ended.stderr


@pytest.mark.parametrize("code", (0, 1, 42))
def test_the_exit_code_is_passed_on(haechi_binary, tmp_path, code):
    ended = run(haechi_binary, tmp_path, sys.executable, "-c", f"import sys; sys.exit({code})")
    assert ended.returncode == code


def test_output_and_errors_are_passed_on_untouched(haechi_binary, tmp_path):
    program = "import sys; sys.stdout.write('out\\n'); sys.stderr.write('err\\n')"
    ended = run(haechi_binary, tmp_path, sys.executable, "-c", program)
    assert ended.stdout == "out\n"
    assert not_ours(ended.stderr) == ["err"]


def test_input_is_passed_on(haechi_binary, tmp_path):
    ended = run(
        haechi_binary,
        tmp_path,
        sys.executable,
        "-c",
        "print(input()[::-1])",
        input="abc\n",
    )
    assert ended.stdout == "cba\n"


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1))
def test_signals_are_passed_on(haechi_binary, tmp_path, number):
    program = (
        "import signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()\n"
    )
    command = [
        str(haechi_binary),
        "run",
        "--data",
        str(tmp_path),
        "--no-server",
        "--",
        sys.executable,
        "-c",
        program,
    ]
    process = subprocess.Popen(
        command,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
        # what `nohup` around the tests ignores would be ignored there, too
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(20) == 7
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_program_that_dies_of_a_signal_is_told_like_a_shell_does(haechi_binary, tmp_path):
    ended = run(
        haechi_binary,
        tmp_path,
        sys.executable,
        "-c",
        "import os; os.kill(os.getpid(), 9)",
    )
    assert ended.returncode in (128 + 9, -9)  # by its exit code, or by dying of the same


def test_a_missing_program_is_one_line(haechi_binary, tmp_path):
    ended = run(haechi_binary, tmp_path, tmp_path / "no-such-program")
    assert ended.returncode != 0
    said = [line for line in ended.stderr.splitlines() if "recording to" not in line]
    assert len(said) == 1 and said[0].startswith("haechi: ")
    assert "no-such-program" in said[0]


def test_child_processes_are_watched_too(haechi_binary, tmp_path):
    program = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, {str(SELF_VISITING)!r}, '3']))"
    ended = run(haechi_binary, tmp_path, sys.executable, "-c", program)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["requests"]["total"] == 3


def test_a_shadowed_sitecustomize_still_runs(haechi_binary, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.customised = 'yes'\n")
    program = "import sys, sitecustomize; print(sys.customised, sitecustomize.__file__)"
    ended = run(
        haechi_binary,
        tmp_path / "data",
        *(sys.executable, "-c", program),
        environment={"PYTHONPATH": str(tmp_path)},
    )
    assert ended.stdout.split() == ["yes", str(tmp_path / "sitecustomize.py")]


def test_a_program_that_serves_nothing_loads_nothing(haechi_binary, tmp_path):
    program = "import sys; print(sorted(n for n in sys.modules if n.startswith('haechi')))"
    ended = run(haechi_binary, tmp_path / "data", sys.executable, "-c", program)
    assert ended.stdout.strip() == "['haechi', 'haechi.importing']"
    assert not (tmp_path / "data" / "spool").exists() or not any(
        (tmp_path / "data" / "spool").glob("*.seg")
    )


@pytest.fixture
def damaged(haechi_binary, tmp_path):
    """Makes a copy of the distribution whose native part is gone or no library."""

    def make(content):
        copy = tmp_path / "dist"
        shutil.copytree(haechi_binary.parent.parent, copy, symlinks=False)
        for native in (copy / "lib" / "haechi" / "python" / "haechi").glob("_native.*"):
            native.unlink()
            if content is not None:
                native.write_bytes(content)
        return copy / "bin" / haechi_binary.name

    return make


@pytest.mark.parametrize("content", (None, b"not a library"), ids=("missing", "damaged"))
@pytest.mark.parametrize("kind", ("rocket", "gunicorn", "gunicorn-preload", "uwsgi"))
def test_without_its_native_part_the_app_runs_on_and_one_line_says_why(
    serve, site, damaged, kind, content
):
    import servers

    folder = site.root.parent / "damaged-server"
    # who speaks for all processes is settled by a file in the temporary folder
    environment = {"TMPDIR": str(site.root.parent)}
    server = servers.start(damaged(content), kind, site, folder, environment=environment)
    try:
        visitor = server.visitor
        assert visitor.get("/log_app/default/index").status == 200
        assert visitor.get("/failing_app/default/index").status == 200
        assert visitor.get("/traffic_app/default/index").status == 200
        assert "not watching" in visitor.get("/traffic_app/default/stats").text
        assert visitor.get("/traffic_app/stats.json").json()["watching"] is False
        said = [
            line for line in server.error.splitlines() if line.startswith("haechi: not watching")
        ]
        assert len(said) == 1, server.error
        why, _, remedy = said[0][len(ONE_LINE) :].partition(";")
        assert why and remedy
    finally:
        server.stop()


def test_what_was_never_started_by_haechi_is_left_alone(haechi_binary):
    bootstrap = haechi_binary.parent.parent / "lib" / "haechi" / "bootstrap"
    program = "import sys; print(any(n.startswith('haechi') for n in sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(PYTHONPATH=str(bootstrap)),
        capture_output=True,
        text=True,
    )
    assert ended.stdout.strip() == "False"
