"""A plain WSGI application with planted slow lines, each in a function of its own name."""

import ctypes
import itertools
import os
import resource
import subprocess
import sys
import threading
import time
import warnings

UNTIL = threading.Event()


def seconds(environ, default):
    return float(environ["QUERY_STRING"] or default)


def wait_here(environ):
    time.sleep(seconds(environ, 2))  # planted: waiting


def spin_here(environ):
    end = time.perf_counter() + seconds(environ, 2)
    while time.perf_counter() < end:
        sum(range(200))  # planted: computing


def stuck_here(environ):
    UNTIL.clear()  # it may have been let go before
    UNTIL.wait(seconds(environ, 60))  # planted: stuck


def let_go(environ):
    UNTIL.set()


def deep(environ, depth=600):
    if depth:
        deep(environ, depth - 1)
    else:
        time.sleep(seconds(environ, 1))  # planted: deep


def stream(environ):
    for _ in range(4):
        time.sleep(0.3)  # planted: streamed
        yield b"x"


def fork_beside(environ):
    """Forks while this request is slow and another is looked at; tells what Python warns of."""
    time.sleep(seconds(environ, 1))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        child = os.fork()
        if child == 0:
            os._exit(int(len(os.listdir("/proc/self/task")) != 1))
        ended = os.waitpid(child, 0)[1]
    looks = [name for name in names_of_threads() if name == "haechi-look"]
    subprocess.run([sys.executable, "-c", ""], check=True)
    return f"{ended} {len(told)} {len(looks)}"


def names_of_threads():
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/comm") as name:
            yield name.read().strip()


def threads(environ):
    return " ".join(sorted(names_of_threads()))


def memory(environ):
    """Kilobytes of addresses this process has."""
    with open("/proc/self/status") as status:
        found = dict(line.split(":", 1) for line in status)
    return found["VmSize"].split()[0]


def same(environ):
    """Recursion, generators, exceptions and local variables: what frames are about."""

    def walk(depth):
        kept = {"depth": depth}
        if depth == 0:
            raise ValueError(depth)
        try:
            yield from walk(depth - 1)
        except ValueError as error:
            yield (depth, str(error), sorted(locals()), kept["depth"])
            raise

    seen = []
    end = time.perf_counter() + 0.5
    while time.perf_counter() < end:
        try:
            seen = list(walk(40)) and seen
        except ValueError as error:
            seen = [str(error), len(locals())]
    return repr(seen)


def hold(environ):
    """A body that ends in one call of C, which keeps Python's lock all the while."""
    wait = ctypes.PyDLL(None).usleep
    return itertools.takewhile(wait, [int(seconds(environ, 1) * 1e6)])


def limit(environ):
    """From now on this process may take only so many more bytes of addresses."""
    used = int(memory(environ)) * 1024
    soft = used + int(float(environ["QUERY_STRING"]))
    resource.setrlimit(resource.RLIMIT_AS, (soft, resource.getrlimit(resource.RLIMIT_AS)[1]))
    return soft


def fast(environ):
    return "fast"


PAGES = {
    "/wait": wait_here,
    "/spin": spin_here,
    "/stuck": stuck_here,
    "/go": let_go,
    "/deep": deep,
    "/fork": fork_beside,
    "/threads": threads,
    "/memory": memory,
    "/fast": fast,
    "/same": same,
    "/limit": limit,
}
BODIES = {"/stream": stream, "/hold": hold}


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] in BODIES:
        return BODIES[environ["PATH_INFO"]](environ)
    return [str(PAGES[environ["PATH_INFO"]](environ)).encode()]


if "uwsgi" in sys.modules:
    # it calls the application from C, where nobody can step between by himself
    from haechi.middleware import watch

    application = watch(application)

if __name__ == "__main__":
    # one request at a time, in the main thread, as the simplest of servers
    from wsgiref.simple_server import make_server

    from haechi.middleware import watch

    make_server("127.0.0.1", int(sys.argv[1]), watch(application)).serve_forever()
