"""What a log line costs: a handler that does nothing, files of the standard library, Haechi."""

import statistics

from figures import Section, row_of
from programs import MEASURED, json_of, peers_python, plain_environment, scratch, watched

NAMES = ("nothing", "haechi", "file_handler", "file_handler_with_time")
LIMIT_US = 3.0
# kept with the line: what they cost more than in a file, where they are only put into it
ARGUMENTS = ("haechi", "file_handler")
ARGUMENTS_LIMIT_US = 1.0


def measure(options) -> Section:
    rounds, batches = (3, 7) if options.quick else (15, 11)
    python = peers_python()
    found = {name: [] for name in NAMES}
    argued = {name: [] for name in ARGUMENTS}
    for number in range(rounds):
        for name in NAMES if number % 2 == 0 else reversed(NAMES):
            found[name].append(one(python, name, batches))
            if name in argued:
                argued[name].append(one(python, name, batches, "arguments") - found[name][-1])
    over = {
        name: [value - least for value, least in zip(found[name], found["nothing"])]
        for name in NAMES
    }
    middle = {name: statistics.median(values) for name, values in over.items()}
    peers = (
        f"FileHandler {middle['file_handler']:.2f}, "
        f"FileHandler with time, pid and level {middle['file_handler_with_time']:.2f} µs"
    )
    whole = statistics.median(found["file_handler"])
    return Section(
        "log",
        "A log line: logger.info('…') in a request, to file and spool",
        [
            row_of(
                "added by haechi over a handler that does nothing",
                over["haechi"],
                "µs",
                LIMIT_US,
                peers=peers,
            ),
            row_of(
                "two arguments more, over what they cost FileHandler",
                [ours - theirs for ours, theirs in zip(*argued.values())],
                "µs",
                ARGUMENTS_LIMIT_US,
            ),
            row_of("whole line, haechi (below FileHandler's)", found["haechi"], "µs", whole),
            row_of("whole line, a handler that does nothing", found["nothing"], "µs"),
            row_of("whole line, FileHandler", found["file_handler"], "µs"),
            row_of(
                "whole line, FileHandler with time, pid, level",
                found["file_handler_with_time"],
                "µs",
            ),
        ],
        f"{rounds} rounds of fresh processes. Haechi's line has time, pid, level, app and route, "
        "reaches the log file by a write of its own, and the spool.",
    )


def one(python, name: str, batches: int, call: str = "plain") -> float:
    folder = scratch("log")
    command = [python, MEASURED / "log_call.py", name, batches, folder, call]
    if name == "haechi":
        command = watched(folder / "data", command)
    return statistics.median(json_of(command, env=plain_environment(), cwd=folder)["us"])
