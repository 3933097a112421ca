"""What cutting secrets costs: single texts in Rust, and a whole log line of an app in Python."""

import statistics

from figures import Section, row_of
from programs import MEASURED, example, json_of, peers_python, plain_environment, scratch, watched

LINE_LIMIT_US = 5.0
# as examples/redact_bench.rs has them, so that both measure the same
RULES = r"""
[redact]
keys = ["internal_ref", "resident_number", "account_no", "seat"]
patterns = [
    'ACME-[0-9]{8}',
    '\b[0-9]{6}-[1-4][0-9]{6}\b',
    '(?i)kr[0-9a-f]{24}',
    '[A-Z]{3}\d{5}[A-Z]',
]
"""
TEXTS = (
    ("log_usual", "a usual log line, standard rules", LINE_LIMIT_US),
    ("own_log_usual", "the same, with 4 keys and 4 patterns of the configuration", LINE_LIMIT_US),
    ("most_log_usual", "the same, with 64 patterns, as many as there may be", LINE_LIMIT_US),
    ("copy", "the same, bare: only copied", None),
    ("log_secret", "a line with a password", LINE_LIMIT_US),
    ("log_sql", "a statement in SQL", LINE_LIMIT_US),
    ("log_json", "JSON with escapes", LINE_LIMIT_US),
    ("own_log_json", "the same, with 4 keys and 4 patterns", LINE_LIMIT_US),
    ("query", "a query string", LINE_LIMIT_US),
    ("agent", "a User-Agent header", LINE_LIMIT_US),
)
KINDS = ("plain", "arguments", "named")


def measure(options) -> Section:
    program = example("haechi-event", "redact_bench")
    found = json_of([program, 3 if options.quick else 15])
    rows = [
        row_of(what, [value / 1e3 for value in found[name]], "µs", limit)
        for name, what, limit in TEXTS
    ]
    whole = lines(3 if options.quick else 11, 5 if options.quick else 11)
    for kind, what in zip(KINDS, ("of 20 bytes", "with two arguments", "with two named arguments")):
        over = [own - bare for own, bare in zip(whole[kind, True], whole[kind, False])]
        rows += [
            row_of(f"logger.info {what}, whole, standard rules", whole[kind, False], "µs"),
            row_of(
                f"logger.info {what}, added by 4 keys and 4 patterns", over, "µs", LINE_LIMIT_US
            ),
        ]
    return Section(
        "redaction",
        "Cutting secrets out",
        rows,
        "The usual line has 122 bytes, dates, numbers and one pair. Lines of Python are written "
        "by an app under `haechi run` to its file and the spool; rounds of fresh processes.",
    )


def lines(rounds: int, batches: int) -> "dict[tuple[str, bool], list[float]]":
    """Microseconds for a whole line, by kind and by whether the folder has rules of its own."""
    python = peers_python()
    found = {(kind, own): [] for kind in KINDS for own in (False, True)}
    for number in range(rounds):
        for case in found if number % 2 == 0 else reversed(found):
            found[case].append(one(python, *case, batches))
    return found


def one(python, kind: str, own: bool, batches: int) -> float:
    folder = scratch("redaction")
    data = folder / "data"
    data.mkdir(mode=0o700)
    if own:
        (data / "haechi.toml").write_text(RULES)
    command = [python, MEASURED / "log_call.py", "haechi", batches, folder, kind]
    command = watched(data, command)
    return statistics.median(json_of(command, env=plain_environment(), cwd=folder)["us"])
