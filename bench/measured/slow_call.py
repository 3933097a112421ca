"""Times a request that computes: slow_call.py LOOPS DEPTH; prints its wall and CPU milliseconds.

Needs `haechi run` around it. Whether it is looked at meanwhile, HAECHI_SLOW_MS says. Prints
also the kilobytes of addresses and of memory the process has before and after.
"""

import os
import sys
import time

import calling
import contenders
from environ import environ

LOOPS, DEPTH = int(sys.argv[1]), int(sys.argv[2])


def compute(depth: int) -> int:
    if depth:
        return compute(depth - 1)
    total = 0
    for number in range(LOOPS):
        total += number & 3
    return total


def application(given, start_response):
    compute(DEPTH)
    start_response("200 OK", contenders.HEADERS)
    return [contenders.BODY]


def memory() -> "tuple[int, int]":
    with open("/proc/self/status") as status:
        found = dict(line.split(":", 1) for line in status)
    return tuple(int(found[name].split()[0]) for name in ("VmSize", "VmRSS"))


contenders.application = application
watched, request = contenders.haechi(), environ()
size, resident = memory()
wall, cpu = time.perf_counter(), time.thread_time()
calling.call(watched, request, 1)
wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
later_size, later_resident = memory()


def looking() -> float:
    """Milliseconds that the thread which looks has used the processor."""
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/comm") as name:
            if name.read().strip() != "haechi-look":
                continue
        with open(f"/proc/self/task/{task}/schedstat") as used:
            return int(used.read().split()[0]) / 1e6
    return 0.0


calling.answer(
    wall_ms=wall * 1e3,
    cpu_ms=cpu * 1e3,
    looking_ms=looking(),
    size_kb=later_size - size,
    resident_kb=later_resident - resident,
)
os._exit(0)
