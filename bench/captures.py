"""What capturing an exception costs, beside writing its traceback and beside other watchers."""

import statistics

from figures import Section, row_of
from programs import MEASURED, json_of, peers_python, plain_environment, scratch, watched

NAMES = {
    "nothing": "raising and catching it",
    "haechi": "added by haechi",
    "format_exc": "added by traceback.format_exc",
    "elastic_apm": "added by elastic-apm",
    "sentry_sdk": "added by sentry-sdk",
}
LIMIT_US = 100.0


def measure(options) -> Section:
    rounds, batches = (3, 3) if options.quick else (11, 5)
    python = peers_python()
    found = {name: [] for name in NAMES}
    for number in range(rounds):
        for name in NAMES if number % 2 == 0 else reversed(NAMES):
            found[name].append(one(python, name, batches))
    added = {
        name: [value - bare for value, bare in zip(values, found["nothing"])]
        for name, values in found.items()
    }
    added["nothing"] = found["nothing"]
    beside = [
        f"{NAMES[name].removeprefix('added by ')} {statistics.median(added[name]):.0f}"
        for name in ("format_exc", "elastic_apm", "sentry_sdk")
    ]
    rows = [
        row_of(NAMES["haechi"], added["haechi"], "µs", LIMIT_US, peers=", ".join(beside) + " µs"),
        *(row_of(NAMES[name], added[name], "µs") for name in NAMES if name != "haechi"),
    ]
    return Section(
        "capture",
        "An exception from five functions deep, with locals and source lines",
        rows,
        f"{rounds} rounds of fresh processes; all captures are inside of a request. Nothing is "
        "sent anywhere; Haechi's are redacted and in the spool when the call returns.",
    )


def one(python, name: str, batches: int) -> float:
    command = [python, MEASURED / "capture_call.py", name, batches]
    if name == "haechi":
        command = watched(scratch("capture") / "data", command)
    return statistics.median(json_of(command, env=plain_environment())["us"])
