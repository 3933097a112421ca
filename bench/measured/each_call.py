"""Times single requests: each_call.py NAME COUNT [PER_SECOND]; prints their distribution, in µs.

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
times, clock = [], time.perf_counter_ns
due = time.perf_counter()
for _ in range(count):
    if pause:
        due += pause
        time.sleep(max(0.0, due - time.perf_counter()))
    given = request.copy()
    begun = clock()
    for _part in application(given, start_response):
        pass
    times.append(clock() - begun)
times.sort()
shares = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999, "p99_99": 0.9999, "max": 1.0}
answer = {key: times[min(count - 1, int(count * share))] / 1e3 for key, share in shares.items()}
calling.answer(**answer)
os._exit(0)
