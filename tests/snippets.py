"""The three promised pieces of code: ours, or those of the Markdown file HAECHI_POST names."""

import os
import re
from pathlib import Path

NAMES = ("traffic", "log", "catch")
FOLDER = Path(__file__).resolve().parent / "snippets"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets() -> "dict[str, str]":
    """Returns the text of each piece by its name."""
    post = os.environ.get("HAECHI_POST")
    if not post:
        return {name: (FOLDER / f"{name}.py").read_text() for name in NAMES}
    blocks = BLOCK.findall(Path(post).read_text())
    assert len(blocks) >= len(NAMES), f"{post} has {len(blocks)} python blocks, not three"
    return dict(zip(NAMES, blocks))


def failing(catch: str) -> str:
    """Returns the third piece with something that raises where it has only `pass`."""
    changed = re.sub(r"^(\s+)pass$", r"\1divided = 1 / 0", catch, count=1, flags=re.MULTILINE)
    assert changed != catch
    return changed
