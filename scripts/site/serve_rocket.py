"""Serves the site in this folder by rocket, web2py's own server: serve_rocket.py PORT."""

import signal
import sys
import threading

from rocket3 import Rocket3
from wsgi_site import application


def main():
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = Rocket3(
        ("127.0.0.1", int(sys.argv[1])),
        "wsgi",
        {"wsgi_app": application},
        min_threads=4,
        max_threads=16,
        handle_signals=False,
    )
    server.start(background=True)
    stop.wait()
    server.stop()


if __name__ == "__main__":
    main()
