"""Times a web2py action: web2py_call.py SITE PATH BATCHES [both].

Watched if `haechi run` is around it. A batch is 100 requests: web2py collects garbage once in
as many. With `both`, hooks are put in and taken out every ten requests and the lower quartiles of
single requests are printed: whatever else differs between two processes is then the same.
In between stands the least that any watcher must do: a wrapper that sets a context variable.
"""

import contextvars
import os
import statistics
import sys
import time

site, path, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, site)

import calling  # noqa: E402 (the site's folder comes on the path first)
import gluon.compileapp  # noqa: E402
import gluon.main  # noqa: E402
import wsgi_site  # noqa: E402
from environ import environ  # noqa: E402

BATCH = 100
WAYS = ("stock", "least", "watched")


class Hooks:
    """The functions of gluon that Haechi stands before, and how to take it away."""

    def __init__(self, drivers):
        self.places, self.drivers = [], drivers
        for module in (gluon.main, gluon.compileapp):
            for name, value in list(vars(module).items()):
                if is_hook(value) and hasattr(value, "__wrapped__"):
                    self.places.append((module, name, value))

    def put(self, which):
        for module, name, value in self.places:
            setattr(module, name, value if which == "watched" else value.__wrapped__)
        self.drivers.put(which == "watched")
        if which == "least":
            gluon.main.wsgibase = least(gluon.main.wsgibase)


def is_hook(value):
    """Tells whether a function is Haechi's: native, or from a file of its own."""
    if type(value).__module__ == "haechi._native":
        return True
    file = getattr(getattr(value, "__code__", None), "co_filename", "")
    return f"{os.sep}haechi{os.sep}" in file


def least(inner):
    """The wrapper that only says which request is the current one."""
    current = contextvars.ContextVar("current", default=None)

    def wsgibase(environ, start_response):
        current.set(environ)
        try:
            return inner(environ, start_response)
        finally:
            current.set(None)

    return wsgibase


def application(environ, start_response):
    return gluon.main.wsgibase(environ, start_response)


def check(request):
    seen = []
    body = b"".join(application(request.copy(), lambda status, *_: seen.append(status)))
    if body != b"ok" or not seen[0].startswith("200"):
        sys.exit(f"web2py answered {seen}: {body[:200]!r}")


def cpu_of(request):
    """CPU microseconds a call of this thread: what other programs do is not in it."""
    begun = time.thread_time()
    calling.call(application, request, BATCH)
    return (time.thread_time() - begun) / BATCH * 1e6


def both(request, hooks, turns):
    """Microseconds of each single request, in turns of ten."""
    clock, found = time.perf_counter_ns, {which: [] for which in WAYS}
    for turn in range(turns):
        for which in WAYS if turn % 2 == 0 else reversed(WAYS):
            hooks.put(which)
            for _ in range(10):
                given = request.copy()
                begun = clock()
                for _part in application(given, calling.start_response):
                    pass
                found[which].append((clock() - begun) / 1e3)
    return found


def main():
    request = environ(path, "")
    del request["HTTP_COOKIE"]  # no session: nothing is read or locked
    check(request)
    calling.call(application, request, 5 * BATCH)
    if sys.argv[4:] != ["both"]:
        calling.answer(us=[cpu_of(request) for _ in range(number)])
        return
    from driver_hooks import DriverHooks  # there is a Haechi to take out

    hooks = Hooks(DriverHooks())
    names = sorted({name for _, name, _ in hooks.places})
    if not {"wsgibase", "url_in", "build_environment", "run_controller_in"} <= set(names):
        sys.exit(f"not all hooks are where they were: {names}")
    found = both(request, hooks, number)
    calling.answer(**{which: statistics.quantiles(found[which], n=4)[0] for which in WAYS})


assert wsgi_site.application is not None
main()
os._exit(0)
