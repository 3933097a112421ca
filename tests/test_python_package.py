"""The Python package by itself: what it may never do to a program, without the native part."""

import subprocess
import sys
from pathlib import Path

import pytest
from servers import clean_environment

PACKAGE = Path(__file__).resolve().parent.parent / "python"
BOOTSTRAP = PACKAGE / "bootstrap"


@pytest.fixture(autouse=True)
def package_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(PACKAGE))


@pytest.mark.parametrize(
    "address, local",
    (
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]:80", True),
        ("::ffff:127.0.0.1", True),
        (' "127.0.0.1:80" ', True),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("10.0.0.1", False),
        ("localhost", False),
        ("127.0.0.1.example.org", False),
        ("unknown", False),
        ("_hidden", False),
        ("", False),
        (None, False),
    ),
)
def test_only_loopback_addresses_are_this_machine(address, local):
    from haechi.loopback import is_loopback

    assert is_loopback(address) is local


@pytest.mark.parametrize(
    "header, local",
    (
        ("for=127.0.0.1", True),
        ('for="[::1]:4711";proto=http;by=127.0.0.1', True),
        ("For=127.0.0.1, for=127.0.0.2", True),
        ("for=127.0.0.1, for=8.8.8.8", False),
        ("for=unknown", False),
        ("proto=https", False),
        ("for=127.0.0.1;for=8.8.8.8", False),
        (",", False),
    ),
)
def test_every_hop_of_a_forwarded_header_must_be_this_machine(header, local):
    from haechi.loopback import is_loopback_request

    assert is_loopback_request({"remote_addr": "127.0.0.1", "http_forwarded": header}) is local


def test_an_asgi_application_is_never_wrapped():
    from haechi import middleware

    async def application(scope, receive, send):
        pass

    class Application:
        async def __call__(self, scope, receive, send):
            pass

    class OldStyle:
        def __init__(self, scope):
            pass

        async def __call__(self, receive, send):
            pass

    instance = Application()
    assert all(middleware.is_asgi(app) for app in (application, instance, OldStyle))
    assert not middleware.is_asgi(lambda environ, start_response: [])


def run_python(program, tmp_path, **environment):
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(PYTHONPATH=str(tmp_path), **environment),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended


HOOK = (
    "import sys; sys.path.insert(0, {package!r})\n"
    "from haechi import importing\n"
    "importing.HOOKS = {{'waited_for': ('hooks_of_this_test', 'imported')}}\n"
)


def test_a_hook_runs_after_its_module_and_hides_itself(tmp_path):
    (tmp_path / "waited_for.py").write_text("value = 1\n")
    (tmp_path / "hooks_of_this_test.py").write_text("def imported(module): module.value += 1\n")
    program = HOOK.format(package=str(PACKAGE)) + (
        "importing.install(); importing.install()\n"
        "import waited_for, importlib, inspect\n"
        "assert waited_for.value == 2\n"
        "assert type(waited_for.__loader__).__name__ == 'SourceFileLoader'\n"
        "assert type(waited_for.__spec__.loader).__name__ == 'SourceFileLoader'\n"
        "assert inspect.getsource(waited_for) == 'value = 1\\n'\n"
    )
    run_python(program, tmp_path)


def test_a_module_imported_before_is_hooked_at_once(tmp_path):
    (tmp_path / "waited_for.py").write_text("value = 1\n")
    (tmp_path / "hooks_of_this_test.py").write_text("def imported(module): module.value += 1\n")
    program = (
        "import waited_for\n"
        + HOOK.format(package=str(PACKAGE))
        + ("importing.install(); importing.install()\nassert waited_for.value == 2\n")
    )
    run_python(program, tmp_path)


def test_a_hook_that_fails_does_not_reach_the_program(tmp_path):
    (tmp_path / "waited_for.py").write_text("value = 1\n")
    (tmp_path / "hooks_of_this_test.py").write_text("def imported(module): 1 / 0\n")
    program = HOOK.format(package=str(PACKAGE)) + (
        "importing.install()\nimport waited_for\nassert waited_for.value == 1\n"
        "assert importing.failures[0][0] == 'waited_for'\n"
    )
    ended = run_python(program, tmp_path)
    assert ended.stderr == ""


def test_an_import_error_of_a_hooked_module_stays_what_it_was(tmp_path):
    (tmp_path / "waited_for.py").write_text("import no_such_module_anywhere\n")
    program = HOOK.format(package=str(PACKAGE)) + (
        "importing.install()\n"
        "try:\n    import waited_for\n"
        "except ModuleNotFoundError as error:\n    assert error.name == 'no_such_module_anywhere'\n"
        "else:\n    raise SystemExit('imported')\n"
    )
    run_python(program, tmp_path)


def test_the_bootstrap_makes_only_the_name_haechi_importable(tmp_path):
    program = (
        "import sys, haechi\n"
        f"assert haechi.__file__.startswith({str(PACKAGE)!r})\n"
        f"assert {str(PACKAGE)!r} not in sys.path\n"
        "assert 'haechi.native' not in sys.modules\n"
    )
    library = tmp_path / "library"
    library.mkdir()
    (library / "python").symlink_to(PACKAGE)
    program = program.replace(str(PACKAGE), str(library / "python"))
    run_python(program, BOOTSTRAP, HAECHI_RUN="1", HAECHI_LIB=str(library))


@pytest.mark.parametrize("minor", (6, 7, 8))
def test_the_bootstrap_leaves_older_pythons_running(minor, tmp_path):
    found = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3"))
    if not found:
        pytest.skip(f"there is no CPython 3.{minor} on this machine")
    ended = subprocess.run(
        [str(found[0]), "-c", "print('ran')"],
        env=clean_environment(PYTHONPATH=str(BOOTSTRAP), HAECHI_RUN="1"),
        capture_output=True,
        text=True,
    )
    assert ended.stdout == "ran\n"
    assert ended.stderr.startswith("haechi: not watching this program: Python 3.")
    assert len(ended.stderr.splitlines()) == 1
