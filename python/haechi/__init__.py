"""Haechi for Python: watches web applications from inside their own processes.

Nothing has to be called: under `haechi run` the hooks install themselves. What is here is
for code that wants more:

`logger`            a `logging.Logger`; its lines join the request that is being handled
`statistics(app)`   the numbers of one app over all its processes, as a dict
`wsgi(app, name)`   middleware for a WSGI application that no hook finds
`set_user(user)`    who is signed in, for the request that is being handled
`install()`         the hooks, for programs that are not started by `haechi run`

Importing this package loads nothing else; each name is loaded when it is first used.
"""

__all__ = ["install", "logger", "set_user", "statistics", "wsgi"]


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


def set_user(user):
    """Says who is signed in to the request that is being handled: any id that is not a secret.

    A number or a text of at most 64 bytes; None is nobody. Without a watched request, nothing.
    Where nobody calls it, web2py's `session.auth.user.id` and WSGI's REMOTE_USER count.
    """
    from haechi.context import current_request

    request = current_request.get()
    if request is not None:
        request.set_user(user if user is None or isinstance(user, (int, str)) else str(user))


def __getattr__(name):
    if name == "logger":
        from haechi import lines

        globals()["logger"] = logger = lines.program_logger()
        return logger
    raise AttributeError(f"module 'haechi' has no attribute {name!r}")
