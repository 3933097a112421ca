"""A plain WSGI application whose worker can be killed in a request, or ends by itself."""

import ctypes
import os
import signal
import time

WAYS = {
    "/sleep": lambda: time.sleep(60),
    "/segfault": lambda: ctypes.string_at(0),
    "/leave": lambda: os._exit(5),  # 3 and 4 would end gunicorn
    "/deaf": lambda: (signal.signal(signal.SIGABRT, signal.SIG_IGN), time.sleep(60)),
}


def application(environ, start_response):
    WAYS.get(environ["PATH_INFO"], lambda: None)()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
