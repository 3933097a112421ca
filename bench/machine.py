"""What the figures were measured on."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

from programs import HAECHI, ROOT


def facts() -> "dict[str, str]":
    return {
        "date": now(),
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "file system": first_line(["stat", "--file-system", "--format", "%T", str(ROOT)]),
        "CPython": platform.python_version(),
        "Rust": first_line(["rustc", "--version"]),
        "Haechi": first_line([str(HAECHI), "version"]),
        "commit": first_line(["git", "-C", str(ROOT), "describe", "--always", "--dirty"]),
    }


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def load() -> str:
    """How busy the machine has been: processes that wanted to run, 1 and 5 minutes."""
    return "{:.1f} {:.1f}".format(*os.getloadavg()[:2])


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def first_line(command: "list[str]") -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return (done.stdout.strip().splitlines() or ["unknown"])[0]
