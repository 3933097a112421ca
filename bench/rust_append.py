"""What recording costs from Rust: one record into the spool, and a whole request."""

import statistics

from figures import Row, Section, row_of
from programs import example, json_of, scratch

LIMIT_NS = 100.0


def measure(options) -> Section:
    program = example("haechi", "append_bench")
    found = json_of([program, scratch("append"), 3 if options.quick else 15])
    one, two = found["small_one_thread_mean"], found["small_two_threads_mean"]
    slower = [pair[1] / pair[0] for pair in zip(one, two)]
    rows = [
        row_of("append, one thread, mean, files used again and still mapped", one, "ns", LIMIT_NS),
        row_of("append, two threads at once, mean of each, the same", two, "ns", LIMIT_NS),
        Row(
            "two threads against one",
            statistics.median(slower),
            "times",
            1.15,
            low=min(slower),
            high=max(slower),
        ),
        row_of(
            "append, one thread, mean, a full spool: files used again",
            found["full_one_thread_mean"],
            "ns",
            LIMIT_NS,
        ),
        row_of(
            "append, one thread, mean, an empty spool: new files",
            found["one_thread_mean"],
            "ns",
            LIMIT_NS,
        ),
        row_of(
            "append, two threads at once, mean of each, new files",
            found["two_threads_mean"],
            "ns",
            LIMIT_NS,
        ),
        row_of(
            "append, one thread, median",
            found["each_p50"],
            "ns",
            LIMIT_NS,
            note="the clock's own cost taken off",
        ),
        row_of("append, p99, new files", found["each_p99"], "ns"),
        row_of("append, p99.9, new files", found["each_p99_9"], "ns"),
        row_of("append, max, new files", [value / 1e3 for value in found["each_max"]], "µs"),
        row_of("a whole request: begin, route, finish, scoreboard", found["guard_mean"], "ns"),
    ]
    size, text = found["record_bytes"][0], found["text_bytes"][0]
    return Section(
        "append",
        "Append of one request record, encoding included: Rust",
        rows,
        f"A record of {size:.0f} bytes, {text:.0f} of them text; 400,000 appends a round. "
        "Means include turning segments over. An empty spool takes new pages from the system, "
        "a full one (256 MiB) overwrites its oldest segment, and in one of 4 MiB a thread still "
        "has that mapped.",
    )
