"""Waiting for a condition, with a deadline: the tests' only way to wait."""

import time

# The least anybody waits: of a machine with other work to do nothing is asked in seconds.
PATIENCE = 30.0


def until(condition, seconds: float = 15.0, what: str = "the condition", every: float = 0.02):
    """Returns the first true value of `condition()`; fails when there is none in time."""
    seconds = max(seconds, PATIENCE)
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds} s"
        time.sleep(every)
