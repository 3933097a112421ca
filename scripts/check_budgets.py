"""Checks the budgets that ARCHITECTURE.md states: the length of files without
their tests, and that the modules of a crate know no cycle."""

import pathlib
import re
import subprocess
import sys

FILE_LINES = 400
TEST_PLACES = re.compile(
    r"(^|/)(tests?|benches|bench|fuzz|examples|mock)(/|\.rs$)|\.test\.ts$|/test_"
)


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [pathlib.Path(line) for line in listed.splitlines() if pathlib.Path(line).is_file()]


def without_tests(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("#[cfg(test)]") and not following_is_a_declaration(lines, number):
            return lines[:number]
    return lines


def following_is_a_declaration(lines, number):
    return number + 1 < len(lines) and lines[number + 1].rstrip().endswith(";")


def too_long():
    for path in tracked("*.rs", "*.py", "*.ts", "*.svelte", "*.sh"):
        if not TEST_PLACES.search(str(path)):
            count = len(without_tests(path))
            if count > FILE_LINES:
                yield f"{path}: {count} lines without tests, {FILE_LINES} is the budget; cut it where it has two jobs"


def uses(source):
    """The top-level modules of each crate and which others each one names."""
    graph = {}
    for path in sorted(source.rglob("*.rs")):
        relative = path.relative_to(source)
        module = relative.parts[0].removesuffix(".rs")
        if module in ("lib", "main") or path.name == "tests.rs":
            continue
        text = "\n".join(without_tests(path))
        names = set(re.findall(r"\bcrate::([a-z_]+)", text))
        for group in re.findall(r"\bcrate::\{(.*?)\};", text, re.DOTALL):
            names |= set(re.findall(r"(?:^|[,{\s])([a-z_]+)(?=::|,|\}|\s|$)", group))
        graph.setdefault(module, set()).update(names - {module})
    return {module: names & graph.keys() for module, names in graph.items()}


def cycles():
    for source in sorted(pathlib.Path("crates").glob("*/src")):
        graph = uses(source)
        for start in graph:
            seen, ways = set(), [(name, [start, name]) for name in graph[start]]
            while ways:
                name, way = ways.pop()
                if name == start:
                    if start == min(way):
                        yield f"{source}: modules need each other: {' -> '.join(way)}"
                    break
                if name not in seen:
                    seen.add(name)
                    ways += [(following, [*way, following]) for following in graph[name]]


def main():
    found = [*too_long(), *cycles()]
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
