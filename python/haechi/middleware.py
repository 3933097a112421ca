"""Watches any WSGI application: the generic wrapper, used by hand and at server entries."""

import os

from haechi import native

CO_COROUTINE = 0x80
CALL = "__call__"


def mark(app):
    """Marks `app` (a function) as watched already, so that no wrapper counts it again."""
    app.__haechi__ = True
    return app


def watch(app, name=None):
    """Returns `app` watched as `name`, or `app` itself: not WSGI, watched, or no native part."""
    if getattr(app, "__haechi__", False) is True or not callable(app) or is_asgi(app):
        return app
    module = native.load()
    if module is None:
        return app
    name = name or name_of(app)
    module.set_default_app(name)
    return watched(app, module.begin, name)


def watched(app, begin, name):
    """Returns the wrapper; what it does for each request is kept to a handful of steps."""

    def haechi_wsgi(environ, start_response):
        request = begin(environ, start_response, name)
        if request is None:  # inside a request that is counted: a mounted or nested app
            return app(environ, start_response)
        try:
            result = app(environ, request)
        except BaseException:
            request.fail()
            raise
        return request.body(result)

    haechi_wsgi.__wrapped__ = app
    return mark(haechi_wsgi)


def is_asgi(app):
    """Tells an ASGI application, which a WSGI wrapper would break, from a WSGI one."""
    owner = app if isinstance(app, type) else type(app)  # a class is the old two-step form
    return is_coroutine_function(app) or is_coroutine_function(getattr(owner, CALL, None))


def is_coroutine_function(function):
    """What `inspect.iscoroutinefunction` says, without the 5 ms its import takes."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code is not None and bool(code.co_flags & CO_COROUTINE)


def name_of(app):
    """Returns the name an application goes by: HAECHI_APP, its own, its module's, the program's."""
    named = os.environ.get("HAECHI_APP") or getattr(app, "name", None)
    if isinstance(named, str) and named:
        return named
    module = getattr(app, "__module__", None) or type(app).__module__
    top = module.partition(".")[0] if isinstance(module, str) else ""
    return top if top and top not in ("__main__", "builtins") else native.program_name()
