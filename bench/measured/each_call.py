"""Times single requests: each_call.py NAME COUNT [PER_SECOND]; prints their distribution, in µs.

Time in which other programs had the processors is taken off, but for `whole_max`.
With PER_SECOND they come evenly spaced, else one after the other.
"""

import os
import sys
import time

import calling
from contenders import CONTENDERS
from environ import environ

name, count = sys.argv[1], int(sys.argv[2])
pause = 1 / float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
application = {make.__name__: make for make in CONTENDERS}[name]()
request, start_response = environ(), calling.start_response
calling.call(application, request, 2000)
queue = os.open("/proc/thread-self/schedstat", os.O_RDONLY)


def queued() -> int:
    """Nanoseconds this thread has been ready to run while other programs had the processors."""
    return int(os.pread(queue, 64, 0).split()[1])


times, whole, clock = [], [], time.perf_counter_ns
due = time.perf_counter()
for _ in range(count):
    if pause:
        due += pause
        time.sleep(max(0.0, due - time.perf_counter()))
    given = request.copy()
    before = queued()
    begun = clock()
    for _part in application(given, start_response):
        pass
    taken = clock() - begun
    whole.append(taken)
    # asking costs too much to do it after each, and what is so fast was not queued
    times.append(taken - (queued() - before) if taken > 20_000 else taken)
times.sort()
shares = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999, "p99_99": 0.9999, "max": 1.0}
answer = {key: times[min(count - 1, int(count * share))] / 1e3 for key, share in shares.items()}
calling.answer(**answer, whole_max=max(whole) / 1e3)
os._exit(0)
