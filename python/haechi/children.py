"""Notes how the workers of a prefork server ended, for the requests they died in.

Only the parent is told by the kernel. Where it is Python, what `os.wait` and its kin return is
noted, and returned unchanged: one line in the file `exits` of the spool (see `exits.rs`) for a
child that has a scoreboard. Nothing of this is in the way of a request.
"""

import functools
import os
import signal
import sys
import time
from types import TracebackType

from haechi import native
from haechi.context import current_request

SIZE_MAX = 64 * 1024  # of the file, which then becomes `exits.old`
FRAMES_MAX = 200


class WorkerDied(Exception):
    """What is recorded of a request whose worker its server aborts. Never raised."""


WorkerDied.__module__ = "builtins"  # the type is shown without a module


def has_scoreboard(folder, pid):
    mark = f"-{pid}-"
    return any(mark in name and name.endswith(".board") for name in os.listdir(folder))


def make_folder(folder):
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass


def note(pid, word, number, always=False):
    """Appends a line about process `pid`, if it has a scoreboard; never raises."""
    try:
        folder = os.path.join(native.data_folder(), "spool")
        if always:
            make_folder(folder)
        elif not has_scoreboard(folder, pid):
            return
        path = os.path.join(folder, "exits")
        namespace = os.stat("/proc/self/ns/pid").st_ino
        line = f"{pid} {namespace} {time.time_ns()} {word} {number}\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(path, flags, 0o600)
        try:
            os.write(file, line.encode())
            is_full = os.fstat(file).st_size > SIZE_MAX
        finally:
            os.close(file)
        if is_full:
            os.replace(path, path + ".old")
    except Exception:
        pass  # no folder or no room: then the end is told without its cause


def noting(inner):
    """Wraps a function that waits for a child and returns its pid and wait status first."""

    def wait(*args, **kwargs):
        result = inner(*args, **kwargs)
        if result[0]:
            note(result[0], "status", result[1])
        return result

    return functools.wraps(inner)(wait)


@functools.cache
def watch_waits():
    """Notes what this process learns of its children; once for each process."""
    for name in ("wait", "waitpid", "wait3", "wait4"):
        inner = getattr(os, name, None)
        if inner is not None:
            setattr(os, name, noting(inner))


def popen_fork_imported(module):
    watch_waits()


def arbiter_imported(module):
    """Watches gunicorn's master: the ends of its workers, and why it kills one."""
    watch_waits()
    inner = module.Arbiter.kill_worker

    def kill_worker(self, pid, sig):
        if sig == signal.SIGABRT:
            note(pid, "timeout", int(self.timeout))
        elif not getattr(self.WORKERS.get(pid), "aborted", False):
            note(pid, "stop", int(sig))
        return inner(self, pid, sig)

    module.Arbiter.kill_worker = functools.wraps(inner)(kill_worker)


def gunicorn_worker_imported(module):
    """Watches gunicorn's workers: one that is aborted ends its request by SystemExit."""
    inner = module.Worker.handle_abort

    def handle_abort(self, sig, frame):
        tell_of_abort(frame, getattr(self, "timeout", 0))
        return inner(self, sig, frame)

    module.Worker.handle_abort = functools.wraps(inner)(handle_abort)


def tell_of_abort(frame, timeout):
    """Records where the request of this thread is, when a signal handler ends it; never raises."""
    try:
        request = current_request.get()
        part = native.load()
        if request is None or part is None:
            return
        # gunicorn gives workers half of what its master waits for
        how = f"aborted by SIGABRT (the server's timeout of {round(timeout * 2)} s)"
        error = WorkerDied(request.death(how)).with_traceback(traceback_to(frame))
        part.capture(error, "worker_died", request.app)
    except Exception:
        pass


def traceback_to(frame):
    """Returns a traceback as if something had been raised in `frame`."""
    trace = None
    for _ in range(FRAMES_MAX):
        if frame is None:
            break
        trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno or 0)
        frame = frame.f_back
    return trace


def note_harakiri():
    """Notes for how long uWSGI lets a request run, if it runs this process."""
    uwsgi = sys.modules.get("uwsgi")
    options = getattr(uwsgi, "opt", None) or {}
    seconds = options.get("harakiri") or options.get(b"harakiri")
    if seconds:
        note(os.getpid(), "harakiri", int(seconds), always=True)
