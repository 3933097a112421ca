"""A program that logs in the ways that are hard on a logging system.

    python logging_program.py WAY LOG [ARGUMENT]

It logs as a web2py app named `your_app` does, into the file LOG, below `haechi run`.
"""

import json
import logging
import os
import signal
import sys
import threading

import haechi
from haechi import lines, native

APP = "your_app"


def app_logger(path):
    module = native.load()
    module.set_log_path(APP, path)
    return lines.AppLoggers(module.log_handle).of(APP)


def say_texts(logger, path):
    """Logs each text of a JSON file, as message, as argument and as exception."""
    with open(path) as file:
        texts = json.load(file)
    for text in texts:
        logger.info(text)
        logger.warning("said %s", text)
        try:
            raise RuntimeError(text)
        except RuntimeError:
            logger.exception(text)


def crowd(logger, _):
    """4 processes with 4 threads of 10,000 lines each."""

    def thread(name):
        for number in range(10_000):
            logger.info("line %s %d %s", name, number, "x" * 40)

    def process(name):
        threads = [threading.Thread(target=thread, args=(f"{name}.{n}",)) for n in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    children = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            process(number)
            os._exit(0)
        children.append(child)
    process(3)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)


def in_signals(logger, _):
    """A handler that logs, while the main thread logs without a pause."""
    seen = []

    def handler(number, frame):
        seen.append(1)
        logger.info("from the handler %d", len(seen))

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0005)
    number = 0
    while len(seen) < 500:
        logger.info("from the program %d", number)
        number += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(len(seen), number)


def in_finalizers(logger, _):
    """`__del__` logs, also while a log call collects garbage and while a message is made."""
    import gc

    class Logs:
        def __init__(self, number):
            self.number, self.me = number, self

        def __del__(self):
            logger.info("finalized %d", self.number)

        def __str__(self):
            logger.info("asked %d", self.number)
            return f"object {self.number}"

    gc.set_threshold(5)
    for number in range(1000):
        Logs(number)
        logger.info("shown %s", Logs(number + 1000))
    gc.collect()


def at_exit(logger, _):
    """Logs from `atexit`, from a thread that outlives the program, and from what is torn down."""
    import atexit

    atexit.register(logger.info, "at exit")

    class Last:
        def __del__(self):
            logger.info("in the end")

    sys.modules["__main__"].last = Last()
    thread = threading.Thread(target=lambda: [logger.info("outlives") for _ in iter(int, 1)])
    thread.daemon = True
    thread.start()
    logging.getLogger().info("nobody listens")


def broken_objects(logger, _):
    """Messages and arguments that raise, or do not fit."""

    class Raises:
        def __str__(self):
            raise ValueError("no text for you")

        __repr__ = __str__

    class Ends:
        def __str__(self):
            raise SystemExit(9)

    class Error(Exception):
        def __str__(self):
            raise RuntimeError("no message either")

    logger.info("fits %d", "not")
    logger.info("argument %s", Raises())
    logger.info(Raises())
    logger.info("too %s many", 1, 2)
    logger.info("ends %s", Ends())
    try:
        raise Error
    except Error:
        logger.exception("an error without a message")
    logger.info("still here")


if __name__ == "__main__":
    WAYS = (say_texts, crowd, in_signals, in_finalizers, at_exit, broken_objects)
    ways = {way.__name__: way for way in WAYS}
    haechi.logger.info("at import")
    ways[sys.argv[1]](app_logger(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
    print("done")
