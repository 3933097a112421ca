"""Prints tables and writes docs/bench.md: what, goal, measured, peers, verdict."""

import json
import re
import unicodedata
from pathlib import Path

from figures import Section
from programs import ROOT, RUN

KEPT = RUN / "bench-results.json"
PAGE = ROOT / "docs" / "bench.md"
HEAD = ("what", "goal", "measured", "peers", "verdict")


def cells(section: Section) -> "list[tuple[str, ...]]":
    return [
        (
            row.what,
            row.goal,
            row.value + (f"; {row.note}" if row.note else ""),
            row.peers,
            row.verdict,
        )
        for row in section.rows
    ]


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def print_section(section: Section) -> None:
    """An aligned table for a terminal."""
    table = [HEAD, *cells(section)]
    # peers are many and long: they get lines of their own
    columns = [[line[column] for line in table] for column in (0, 1, 2, 4)]
    widths = [max(width(cell) for cell in column) for column in columns]
    print(f"\n{section.title}  [{section.date}, load {section.load}]")
    for line in table:
        shown = [line[column] for column in (0, 1, 2, 4)]
        padded = [cell + " " * (size - width(cell)) for cell, size in zip(shown, widths)]
        print("  " + "  ".join(padded).rstrip())
        if line is not HEAD and line[3]:
            print(f"      peers: {line[3]}")
    if section.text:
        print(f"  {section.text}")


def keep(sections: "list[Section]", machine: "dict[str, str]") -> "tuple[list[Section], dict]":
    """Puts new sections in the place of their old ones; returns all there are."""
    known = read_kept()
    for section in sections:
        known[section.name] = section
    RUN.mkdir(exist_ok=True)
    KEPT.write_text(as_json(list(known.values()), machine))
    return list(known.values()), machine


def read_kept() -> "dict[str, Section]":
    if not KEPT.exists():
        return {}
    listed = json.loads(KEPT.read_text())["sections"]
    return {given["name"]: Section.of_dict(given) for given in listed}


def as_json(sections: "list[Section]", machine: "dict[str, str]") -> str:
    listed = [section.as_dict() for section in sections]
    return json.dumps({"machine": machine, "sections": listed}, indent=1, ensure_ascii=False)


def write_page(sections: "list[Section]", machine: "dict[str, str]", page: Path = PAGE) -> None:
    """Writes the page; what falls short stands there like what does not.

    Sections that stand on the page already and were not measured here stay as they are.
    """
    head = ["# What Haechi costs", "", "Written by `make bench`. " + MEANING, ""]
    head += ["| | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in machine.items()), ""]
    known = sections_of(page.read_text()) if page.exists() else {}
    known.update((section.title, text_of(section)) for section in sections)
    page.write_text("\n".join(head) + "\n" + "\n\n".join(known.values()) + "\n")


def sections_of(text: str) -> "dict[str, str]":
    """The sections of a page, by their titles."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0][3:]: part.rstrip() for part in parts}


def text_of(section: Section) -> str:
    lines = [f"## {section.title}", "", "| " + " | ".join(HEAD) + " |", "|---" * 5 + "|"]
    lines += ["| " + " | ".join(mark(cell) for cell in line) + " |" for line in cells(section)]
    lines += ["", " ".join(filter(None, [section.text, when(section)]))]
    return "\n".join(lines)


MEANING = (
    "A figure is the median of its repetitions, with the smallest and the largest behind it. "
    "Goals stand beside what was measured also where they are not reached; *no goal* marks "
    "figures that are there to be known."
)


def when(section: Section) -> str:
    return f"Measured {section.date}, load average {section.load}."


def mark(cell: str) -> str:
    return cell.replace("|", "\\|")
