"""Times one log line: log_call.py HANDLER BATCHES FOLDER [CALL]; `haechi` needs `haechi run`.

Lines are written inside of a request, as most are.
"""

import logging
import os
import sys
import time

import calling
from environ import environ

LINES = 4000
FORMAT = "%(asctime)s %(process)d %(levelname)s [%(name)s] %(message)s"


def nothing(folder):
    return logging.NullHandler()


def file_handler(folder):
    return logging.FileHandler(os.path.join(folder, "plain.log"))


def file_handler_with_time(folder):
    handler = logging.FileHandler(os.path.join(folder, "time.log"))
    handler.setFormatter(logging.Formatter(FORMAT))
    return handler


def haechi(folder):
    from haechi import native
    from haechi.lines import AppLoggers

    module = native.load()
    loggers = AppLoggers(module.log_handle)
    loggers.of("bench")
    module.set_log_path("bench", os.path.join(folder, "bench.log"))
    return loggers.handler


def written(folder):
    """Lines in all files of the folder, whatever their rotation."""
    names = [name for name in os.listdir(folder) if ".log" in name]
    return sum(os.path.getsize(os.path.join(folder, name)) for name in names)


def plain(logger):
    for _ in range(LINES):
        logger.info("Index page requested")


def arguments(logger):
    for number in range(LINES):
        logger.info("Page %d requested by %s", number, "anna")


def named(logger):
    for number in range(LINES):
        logger.info("Page %(page)d requested by %(user)s", {"page": number, "user": "anna"})


def extra(logger):
    for number in range(LINES):
        logger.info("Index page requested", extra={"page": number, "user": "anna"})


def measure(name, number, folder, write):
    logger = logging.getLogger("web2py.app.bench")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(HANDLERS[name](folder))
    figures = []

    def application(environ, start_response):
        start_response("200 OK", [])
        clock = time.perf_counter
        for batch in range(number + 1):
            begun = clock()
            write(logger)
            if batch > 0:
                figures.append((clock() - begun) / LINES * 1e6)
        return [b""]

    if name == "haechi":
        import haechi

        application = haechi.wsgi(application, "bench")
    calling.call(application, environ(), 1)
    if name != "nothing" and not written(folder):
        sys.exit(f"{name} wrote no line")
    return figures


HANDLERS = {make.__name__: make for make in (nothing, file_handler, file_handler_with_time, haechi)}
CALLS = {write.__name__: write for write in (plain, arguments, named, extra)}

if __name__ == "__main__":
    name, number, folder, call = [*sys.argv[1:], "plain"][:4]
    calling.answer(us=measure(name, int(number), folder, CALLS[call]))
    os._exit(0)
