"""A native part that cannot be loaded is one line with what to do; the program runs on."""

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from servers import clean_environment

# two processes, each of which would be watched
PROGRAM = """
import subprocess, sys
import haechi
application = lambda environ, start_response: []
print("runs", haechi.wsgi(application, "shop") is application)
if len(sys.argv) == 1:
    sys.exit(subprocess.call([sys.executable, __file__, "child"]) + 3)
"""
# places in the header of an ELF file (gabi, "ELF Header")
MACHINE = 18
OTHER = {62: 183, 183: 62}  # x86-64 for AArch64 and the other way round


def of_another_machine(native: Path) -> None:
    content = bytearray(native.read_bytes())
    machine = struct.unpack_from("<H", content, MACHINE)[0]
    struct.pack_into("<H", content, MACHINE, OTHER[machine])
    native.write_bytes(content)


def of_another_library(native: Path) -> None:
    """As built for musl: it needs a C library that is not here."""
    content = native.read_bytes()
    assert content.count(b"libc.so.6\0") >= 1
    native.write_bytes(content.replace(b"libc.so.6\0", b"libc.mu.9\0"))


def cut_short(native: Path) -> None:
    native.write_bytes(native.read_bytes()[:4096])


def no_library_at_all(native: Path) -> None:
    native.write_text("not found\n")


def gone(native: Path) -> None:
    native.unlink()


@pytest.fixture
def installed(haechi_binary, tmp_path):
    """A copy of what is installed: its binary and the native part, to be damaged."""
    root = tmp_path / "installed"
    (root / "bin").mkdir(parents=True)
    # a link would be followed to the native part that is whole
    shutil.copy2(haechi_binary, root / "bin" / "haechi")
    shutil.copytree(haechi_binary.parent.parent / "lib", root / "lib")
    (native,) = root.glob("lib/haechi/python/haechi/_native*.so")
    return root / "bin" / "haechi", native


@pytest.mark.parametrize(
    ("damage", "advice"),
    [
        (of_another_machine, "build Haechi on it"),
        (of_another_library, "build Haechi on it"),
        (cut_short, "install Haechi again"),
        (no_library_at_all, "build Haechi on it"),
        (gone, "install Haechi again"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_native_part_that_cannot_be_loaded_is_one_line(installed, damage, advice, tmp_path):
    binary, native = installed
    damage(native)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ended = subprocess.run(
        [
            *(str(binary), "run", "--no-server", "--data", str(tmp_path / "data"), "--"),
            *(sys.executable, str(program)),
        ],
        env=clean_environment(TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 3, ended.stderr
    assert ended.stdout.splitlines() == ["runs True"] * 2
    said = [line for line in ended.stderr.splitlines() if "not watching" in line]
    assert len(said) == 1, ended.stderr
    assert advice in said[0], said
    assert "Traceback" not in ended.stderr
