"""Finds a Python that the example can run on."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# web2py 2.26.1 is at home on these; on newer ones it needs two backports
AT_HOME = ((3, 9), (3, 10), (3, 11))
WITH_BACKPORTS = ((3, 12), (3, 13))
ASK = "import json, sys, venv, ensurepip; print(json.dumps(sys.version_info[:2]))"


def candidates() -> "list[str]":
    """Returns programs that may be a Python, the ones asked for first."""
    named = [os.environ["PYTHON"]] if os.environ.get("PYTHON") else []
    versions = [f"python{major}.{minor}" for major, minor in reversed(AT_HOME + WITH_BACKPORTS)]
    on_path = [found for name in ("python3", *versions) if (found := shutil.which(name))]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    in_pyenv = [str(path) for path in sorted(pyenv.glob("3.*/bin/python3"))]
    return list(dict.fromkeys([*named, sys.executable, *on_path, *in_pyenv]))


def version_of(program: str) -> "tuple[int, int] | None":
    """Returns the version of a Python that can make virtual environments, else None."""
    try:
        answer = subprocess.run([program, "-c", ASK], capture_output=True, timeout=20, check=True)
        return tuple(json.loads(answer.stdout))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def choose() -> "str | None":
    """Returns the best Python here: the one named by PYTHON, then at home, then with backports."""
    spare = None
    for program in candidates():
        version = version_of(program)
        if version in AT_HOME or (
            version in WITH_BACKPORTS and program == os.environ.get("PYTHON")
        ):
            return program
        if version in WITH_BACKPORTS and spare is None:
            spare = program
    return spare


if __name__ == "__main__":
    chosen = choose()
    if chosen is None:
        sys.exit("no Python that web2py runs on; install CPython 3.9 to 3.13 with its venv module")
    print(chosen)
