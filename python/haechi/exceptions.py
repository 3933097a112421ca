"""Exceptions that no log line and no request speaks of: tickets, tasks, threads, programs.

What is recorded of one is native; here are the places where it is at hand. An exception that
passes several of them is recorded at the first.
"""

import sys


def watch_ticket(inner, get_request, module):
    """Wraps `RestrictedError.log`, which returns the number of the ticket it wrote."""

    def log(self, request):
        ticket = inner(self, request)
        known = ticket if isinstance(ticket, str) else ""
        watched = get_request()
        if watched is not None and known:
            watched.set_ticket(known)
        module.capture(cause_of(self), "unhandled", known.partition("/")[0], known)
        return ticket

    return log


def cause_of(error):
    """Returns the app's exception that a RestrictedError was made for."""
    cause = error.__context__
    if cause is not None:
        return cause
    handled = sys.exc_info()[1]  # one for the layer "Framework" is never raised
    return handled if handled is not error else None


def watch_task_report(inner, app_of_task, module):
    """Wraps `TaskReport.__init__`, called for a failed task while its exception is handled."""

    def init(self, status, *args, **kwargs):
        inner(self, status, *args, **kwargs)
        if status != "COMPLETED":
            module.capture(None, "task", app_of_task())

    return init


def watch_shell_run(inner, module):
    """Wraps `gluon.shell.run`: what a console, a cron job or a script of an app raises."""

    def run(appname, *args, **kwargs):
        try:
            return inner(appname, *args, **kwargs)
        except Exception as error:
            module.capture(error, "program", appname.partition("/")[0])
            raise

    return run


def watch_execfile(inner, app_of_shell, module):
    """Wraps `gluon.shell.execfile`: the shell prints what a script raises and goes on."""

    def execfile(*args, **kwargs):
        try:
            return inner(*args, **kwargs)
        except Exception as error:
            module.capture(error, "program", app_of_shell())
            raise

    return execfile


def watch_threads(module, program):
    """Records what ends a thread, then does what would have been done."""
    import threading

    inner = threading.excepthook

    def excepthook(args):
        module.capture(args.exc_value, "thread", program)
        inner(args)

    threading.excepthook = excepthook


def watch_program(module, program):
    """Records what ends the program, then does what would have been done."""
    inner = sys.excepthook

    def excepthook(kind, value, trace):
        module.capture(value, "program", program)
        inner(kind, value, trace)

    sys.excepthook = excepthook
