"""Log lines that try to break the file, the terminal or the program that writes them."""

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import hostile
import pytest
from servers import clean_environment
from serving import Serving
from waiting import until

HERE = Path(__file__).resolve().parent
LINE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d+\S* \d+ [A-Z]+ ")
CONTINUED = "    "
# what acts on a terminal or ends a line somewhere: C0 but the line feed, DEL, C1, separators, bidi
ACTING = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
KEPT = 16 * 1024
EVERY_ACTING = "".join(
    chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F)
) + "".join(chr(code) for code in (*range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF))
TEXTS = [
    *hostile.TEXTS,
    *hostile.CONTROLS,
    EVERY_ACTING,
    "a\r\nb\rc\nd",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m",
    "lone \ud800 surrogate \udfff",
    "binary " + bytes(range(256)).decode("latin-1"),
    "2026-11-23 08:00:00,000 1 CRITICAL [forged/line] nobody said this\n"
    "2026-11-23 08:00:00,000 1 CRITICAL [forged/line] nor this",
    "\n" * 1000,
]
LONG = ["long " + "가" * 350_000, "x" * 1_000_000 + " end", "\x1b" * 1_000_000]


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def run(haechi_binary, data, tmp_path):
    """Runs the program below `haechi run` and returns what it said and its log."""

    def program(way, *arguments, seconds=60):
        log = tmp_path / "your_app.log"
        command = [sys.executable, str(HERE / "logging_program.py"), way, str(log), *arguments]
        ahead = [str(haechi_binary), "run", "--no-server", "--no-output", "--data"]
        ended = subprocess.run(
            [*ahead, str(data), "--", *command],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.endswith("done\n"), ended.stdout
        return ended, log

    return program


@pytest.fixture
def serving(haechi_binary, data, tmp_path):
    made = Serving(haechi_binary, data, tmp_path / "serve")
    yield made
    made.stop()


def content(log: Path) -> str:
    """The text of a log with its rotated generations, exactly as it is."""
    files = [path for path in sorted(log.parent.iterdir()) if path.name.startswith(log.name)]
    read = [gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in files]
    return b"".join(read).decode("utf-8")


def entries(log: Path) -> "list[str]":
    """Entries of the log: lines that begin one, each with the lines that go on."""
    found = []
    for line in content(log).split("\n")[:-1]:
        if line.startswith(CONTINUED):
            found[-1] += "\n" + line
        else:
            assert LINE.match(line), line[:200]
            found.append(line)
    return found


def test_no_text_breaks_a_line_of_the_file_or_of_the_terminal(
    run, serving, tmp_path, haechi_binary, data
):
    texts = tmp_path / "texts.json"
    texts.write_text(json.dumps(TEXTS + LONG))
    _, log = run("say_texts", str(texts))
    number = 3 * len(TEXTS + LONG)
    found = entries(log)
    assert len(found) == number
    assert not ACTING.search(content(log))
    # an entry of 1 MB is kept up to a bound, in the file too
    assert max(map(len, found)) < 4 * (2 * KEPT + 2000)
    serving.start()
    until(lambda: len(serving.every("logs")) == number + 1, what="all lines in the store")
    rows = [row for row in serving.every("logs") if row["app"] == "your_app"]
    assert max(len(row["message"].encode()) for row in rows) <= KEPT
    for text in LONG:
        size = len(text.encode("utf-8", "surrogatepass"))
        assert sum(row["message_bytes"] == size for row in rows) >= 2, size
    # what is no text becomes one; all else is kept as it was said
    said = Counter(row["message"] for row in rows)
    for text in TEXTS:
        if "\ud800" not in text and text.strip():
            assert said[text] >= 1, repr(text)
    for command in (
        ("logs", "-n", "1000"),
        ("issues",),
        ("stats",),
        *(
            ("issues", "show", issue["id"])
            for issue in serving.ask("/api/issues?limit=1000")["issues"]
        ),
    ):
        shown = subprocess.run(
            [str(haechi_binary), *command, "--data", str(data)],
            env=clean_environment(),
            capture_output=True,
            timeout=30,
        )
        assert shown.returncode == 0, shown.stderr
        out = (shown.stdout + shown.stderr).decode("utf-8")
        assert not ACTING.search(out), (command, ACTING.search(out))
        assert not [
            line for line in out.split("\n") if line.startswith("2026-11-23 08:00:00,000 1 CRIT")
        ]


def test_every_line_of_4_processes_with_4_threads_is_whole_and_once(run):
    _, log = run("crowd", seconds=120)
    whole = re.compile(r"line (\d\.\d) (\d+) x{40}$")
    seen = Counter()
    for line in entries(log):
        match = whole.search(line)
        assert match, line
        seen[match.groups()] += 1
    assert len(seen) == 4 * 4 * 10_000
    assert set(seen.values()) == {1}


def test_a_line_from_a_signal_handler_neither_hangs_nor_is_lost(run):
    ended, log = run("in_signals")
    handled, said = map(int, ended.stdout.split()[:2])
    found = Counter("handler" in line for line in entries(log))
    assert (found[True], found[False]) == (handled, said)


def test_lines_from_finalizers_neither_hang_nor_raise(run):
    ended, log = run("in_finalizers")
    assert "Exception ignored" not in ended.stderr and "Traceback" not in ended.stderr
    said = Counter(line.rsplit("] ", 1)[-1].split()[0] for line in entries(log))
    assert said["shown"] == 1000 and said["asked"] == 1000
    assert said["finalized"] == 2000


def test_lines_at_the_end_of_the_program_neither_hang_nor_raise(run):
    ended, log = run("at_exit")
    assert "Traceback" not in ended.stderr and "Fatal" not in ended.stderr
    assert any(line.endswith("at exit") for line in entries(log))


def test_what_cannot_be_shown_costs_no_line_and_raises_nothing(run):
    ended, log = run("broken_objects")
    assert "Traceback" not in ended.stderr, ended.stderr
    text = content(log)
    for words in ("fits %d", "argument %s", "too %s many", "without a message", "still here"):
        assert words in text, words
