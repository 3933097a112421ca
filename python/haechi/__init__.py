"""Haechi for Python: watches web applications from inside their own processes.

Nothing has to be called: under `haechi run` the hooks install themselves. What is here is
for code that wants more:

`logger`            a `logging.Logger`; its lines join the request that is being handled
`statistics(app)`   the numbers of one app over all its processes, as a dict
`wsgi(app, name)`   middleware for a WSGI application that no hook finds
`install()`         the hooks, for programs that are not started by `haechi run`

Importing this package loads nothing else; each name is loaded when it is first used.
"""

__all__ = ["install", "logger", "statistics", "wsgi"]


def install():
    """Installs the hooks for web2py and for WSGI servers in this process; safe to repeat."""
    from haechi import importing

    importing.install()


def wsgi(app, name=None):
    """Returns `app` (a WSGI callable) watched under `name`; `app` itself if Haechi cannot watch."""
    from haechi import middleware

    return middleware.watch(app, name)


def statistics(app):
    """Returns the statistics of `app` over all its processes as a dict; `{}` if there are none."""
    from haechi import native

    module = native.load()
    if module is None:
        return {}
    import json

    return json.loads(module.statistics_json(app))


def __getattr__(name):
    if name == "logger":
        from haechi import lines

        globals()["logger"] = logger = lines.program_logger()
        return logger
    raise AttributeError(f"module 'haechi' has no attribute {name!r}")
