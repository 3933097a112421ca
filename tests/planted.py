"""Secrets to plant in a real app, from a seed that is printed, and the search for them on disk."""

import base64
import gzip
import html
import json
import os
import random
import sqlite3
import string
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
# shorter stretches of a secret may be chance
STRETCH = 14


@dataclass(frozen=True)
class Secret:
    """`name` is what it stands under: a neutral one if its look must give it away."""

    name: str
    text: str


def secrets(each: int = 3) -> "list[Secret]":
    """Returns so many of each kind. HAECHI_SEED replays them."""
    seed = int(os.environ.get("HAECHI_SEED") or random.randrange(10**9))
    print(f"HAECHI_SEED={seed}")
    noise = random.Random(seed)

    def text(count, alphabet=LETTERS):
        made = "".join(noise.choice(alphabet) for _ in range(count - 1))
        return made[: count // 2] + noise.choice(string.digits) + made[count // 2 :]

    def pem():
        lines = "\n".join(text(64) for _ in range(4))
        return f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----"

    kinds = {
        "jwt": lambda: ("ref", f"eyJhbGciOiJIUzI1NiJ9.eyJ{text(40)}.{text(43)}"),
        "aws": lambda: ("ref", "AKIA" + text(16, string.ascii_uppercase + string.digits)),
        "aws secret": lambda: ("aws_secret_access_key", text(40, LETTERS + "/+")),
        "github": lambda: ("ref", "ghp_" + text(36)),
        "gitlab": lambda: ("ref", "glpat-" + text(20)),
        "slack": lambda: ("ref", f"xoxb-{text(12, string.digits)}-{text(24)}"),
        "stripe": lambda: ("ref", "sk_live_" + text(24)),
        "google": lambda: ("ref", "AIza" + text(35)),
        "openai": lambda: ("ref", "sk-proj-" + text(48)),
        "card": lambda: ("ref", card(noise)),
        "pem": lambda: ("ref", pem()),
        "url": lambda: ("ref", f"postgres://app:{text(18)}@db.internal/shop"),
        "password": lambda: ("password", text(16, LETTERS + "!*_~.-@")),
        "session": lambda: ("session_id_your_app", f"127.0.0.1-{text(32, HEX)}"),
        "api key": lambda: ("apiKey", text(32, HEX)),
    }
    return [Secret(*make()) for make in kinds.values() for _ in range(each)]


def card(noise) -> str:
    digits = [4] + [noise.randrange(10) for _ in range(14)]
    total = sum(d if n % 2 else (2 * d - 9 if d > 4 else 2 * d) for n, d in enumerate(digits))
    digits.append(-total % 10)
    return "-".join("".join(map(str, digits[at : at + 4])) for at in range(0, 16, 4))


def stretches(secret: Secret) -> "list[str]":
    """What must not be seen of it: its password if it is an address, each line of a long key."""
    text = secret.text
    if "://" in text:
        text = text.split(":", 2)[2].split("@")[0]
    lines = [line for line in text.splitlines() if not line.startswith("-----")]
    return [part for line in lines for part in (line, line[:STRETCH], line[-STRETCH:])]


def forms(text: str) -> "set[bytes]":
    """A stretch as it stands, and in what it may wear."""
    percent = "".join(f"%{byte:02X}" for byte in text.encode())
    quoted = urllib.parse.quote(text, safe="")
    made = {
        text,
        percent,
        quoted,
        quoted.replace("%", "%25"),
        "".join(f"\\u{ord(c):04x}" for c in text),
        "".join(f"&#{ord(c)};" for c in text),
        html.escape(text),
        json.dumps(text)[1:-1],
    }
    return {form.encode() for form in made}


def basic(secret: Secret) -> str:
    return "Basic " + base64.b64encode(f"jane:{secret.text}".encode()).decode()


def written(*folders: Path) -> "dict[str, bytes]":
    """All that lies in the folders: the bytes of each file, what is packed in it unpacked, and
    the values of each table, since SQLite may keep a long one in pieces."""
    found = {}
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            try:
                found[str(path)] = path.read_bytes()
            except FileNotFoundError:
                continue  # a segment, all of which is stored by now
            if path.suffix == ".gz":
                found[f"{path} unpacked"] = gzip.decompress(found[str(path)])
            if path.suffix == ".db":
                found[f"{path} values"] = values(path)
    return found


def values(path: Path) -> bytes:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    connection.text_factory = bytes
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        cells = []
        for (table,) in tables.fetchall():
            try:
                rows = connection.execute(f'SELECT * FROM "{table.decode()}"').fetchall()
            except sqlite3.OperationalError:
                continue  # the inside of a search index, which has its own shape
            cells += [cell for row in rows for cell in row if isinstance(cell, bytes)]
        return b"\n".join(cells)
    finally:
        connection.close()


def leaks(planted: "list[Secret]", files: "dict[str, bytes]") -> "list[str]":
    """Each secret that can be seen in a file, with the place."""
    found = []
    for secret in planted:
        wanted = {form for part in stretches(secret) for form in forms(part)}
        wanted.add(basic(secret)[6:40].encode())
        for name, content in files.items():
            for form in wanted:
                at = content.find(form)
                if at >= 0:
                    around = content[max(0, at - 80) : at + 60]
                    found.append(f"{secret.name} in {name} at {at}: {around!r}")
                    break
    return found
