"""What looking at slow requests costs: them, and those that are fast."""

import statistics

from figures import Section, row_of
from programs import DATA, MEASURED, json_of, peers_python, plain_environment, scratch, watched

# a second of computing on a slow core, 40 functions deep
LOOPS, DEPTH = 12_000_000, 40
OFTEN_MS = 10
SETTINGS = f"[slow]\nevery_ms = {OFTEN_MS}\n"


def measure(options) -> Section:
    rounds, batches = (3, 7) if options.quick else (9, 15)
    python = peers_python()
    section = Section("slow", "Requests that are looked at once they are slow: Python")
    kinds = {"not": "0", "usual": "1", "often": "1"}
    found = {kind: [] for kind in kinds}
    fast = {"0": [], "500": []}
    for number in range(rounds):
        order = 1 if number % 2 == 0 else -1
        for kind in list(kinds)[::order]:
            found[kind].append(slow_one(python, kind, kinds[kind]))
        for after in list(fast)[::order]:
            fast[after].append(fast_one(python, after, batches))
    cpu = {kind: [one["cpu_ms"] for one in found[kind]] for kind in kinds}
    slower = [(many / none - 1) * 100 for many, none in zip(cpu["usual"], cpu["not"])]
    looking = [100 * one["looking_ms"] / one["wall_ms"] for one in found["usual"]]
    often = [100 * one["looking_ms"] / one["wall_ms"] for one in found["often"]]
    added = [on - off for on, off in zip(fast["500"], fast["0"])]
    sizes = [one["size_kb"] / 1024 for one in found["usual"]]
    resident = [
        used["resident_kb"] - bare["resident_kb"]
        for used, bare in zip(found["usual"], found["not"])
    ]
    section.rows += [
        row_of("a computing request, looked at every 50 ms, is slower by", slower, "%", 2.0),
        row_of(f"processor time of looking every 50 ms, {DEPTH} functions deep", looking, "%", 1.0),
        row_of(f"the same every {OFTEN_MS} ms", often, "%"),
        row_of("added to a fast request by being able to look", added, "µs", 0.1),
        row_of("addresses a process takes with its first look", sizes, "MB"),
        row_of("memory of these that is used", resident, "kB"),
    ]
    section.text = (
        f"{rounds} rounds of fresh processes, interleaved. The computing request is measured by the "
        "processor time of its thread; looking by that of the thread that looks, as part of the time "
        "the request takes, so it is also the most for which Python's lock was taken from it. Fast: "
        "the trivial application, with looking on and off."
    )
    return section


def slow_one(python, kind: str, after_ms: str) -> dict:
    data = scratch("slow")
    if kind == "often":
        (data / "haechi.toml").write_text(SETTINGS)
    command = watched(data, [python, MEASURED / "slow_call.py", LOOPS, DEPTH])
    return json_of(command, env=plain_environment(HAECHI_SLOW_MS=after_ms), cwd=DATA)


def fast_one(python, after_ms: str, batches: int) -> float:
    command = watched(scratch("slow"), [python, MEASURED / "contenders.py", "haechi", batches])
    found = json_of(command, env=plain_environment(HAECHI_SLOW_MS=after_ms), cwd=DATA)
    return statistics.median(found["us"])
