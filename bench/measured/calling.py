"""Times a WSGI application in batches, as a server would call it but without sockets."""

import json
import time

WARM_S = 0.4
BATCH_S = 0.04


def start_response(status, headers, exc_info=None):
    return None


def call(application, environ, count: int) -> float:
    """Calls `count` times, each with an environment of its own; returns seconds."""
    clock = time.perf_counter
    begun = clock()
    for _ in range(count):
        result = application(environ.copy(), start_response)
        for _part in result:
            pass
        close = getattr(result, "close", None)
        if close is not None:
            close()
    return clock() - begun


def warm(application, environ) -> int:
    """Calls until everything is in place; returns how many calls make a batch."""
    count, spent, last = 1, 0.0, 0.0
    while spent < WARM_S:
        last = call(application, environ, count)
        spent += last
        if last < BATCH_S / 2:
            count *= 2
    return max(1, round(count * BATCH_S / last))


def batches(application, environ, number: int, count: int = 0) -> "list[float]":
    """Microseconds a call, one figure for each batch."""
    warmed = warm(application, environ)
    count = count or warmed
    return [call(application, environ, count) / count * 1e6 for _ in range(number)]


def answer(**figures) -> None:
    print(json.dumps(figures), flush=True)
