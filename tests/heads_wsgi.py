"""A plain WSGI application that fails, logs, or takes its time, as its path says."""

import logging
import time

ANSWER = [
    ("Content-Type", "text/plain"),
    ("Set-Cookie", "sid=answer-secret-1; Path=/; HttpOnly"),
    ("Location", "/login?token=answer-secret-2"),
]


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raise":
        raise ValueError("raised")
    if path == "/handled":
        try:
            raise KeyError("handled")
        except KeyError:
            logging.getLogger("shop").exception("caught")
    if path == "/slow":
        time.sleep(0.4)
    start_response("503 Busy" if path == "/busy" else "200 OK", ANSWER)
    if path == "/stream":
        return fail_late()
    return [b"ok"]


def fail_late():
    yield b"o"
    raise RuntimeError("late")
