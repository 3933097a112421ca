"""Watches the application that a WSGI server is given, for frameworks without a hook.

One function for each server; each wraps the one place where the server takes the
application. A framework hook marks its application, which is then passed through.
uWSGI and mod_wsgi call the application from C: only framework hooks reach there.
"""

import functools

from haechi.middleware import watch

# the gunicorn workers that call the application by WSGI; others (uvicorn's, asgi) do not
GUNICORN_WSGI_WORKERS = (
    "sync",
    "gthread",
    "gevent",
    "gevent_wsgi",
    "gevent_pywsgi",
    "eventlet",
    "tornado",
)


def replace(owner, name, make):
    """Puts `make(original)` in the place of `owner.name`, looking like the original."""
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(make(original)))


def watch_attribute(attribute):
    """Returns a maker: after the original `__init__`, watches `self.<attribute>`."""

    def make(original):
        def init(self, *args, **kwargs):
            original(self, *args, **kwargs)
            app = getattr(self, attribute, None)
            if app is not None:
                setattr(self, attribute, watch(app))

        return init

    return make


def wsgiref_imported(module):
    def make(original):
        def run(self, application):
            return original(self, remembered(application))

        return run

    replace(module.BaseHandler, "run", make)


_last = (None, None)


def remembered(application):
    """Watches an application that the server hands over anew at each request, once."""
    global _last
    known, wrapped = _last
    if known is not application:
        wrapped = watch(application)
        _last = (application, wrapped)
    return wrapped


def gunicorn_imported(module):
    def make(original):
        def wsgi(self):
            app = original(self)
            return watch(app) if speaks_wsgi(self.cfg) else app

        return wsgi

    replace(module.BaseApplication, "wsgi", make)


def speaks_wsgi(config):
    """Tells whether gunicorn's configured worker calls the application by WSGI."""
    worker = str(getattr(config, "worker_class_str", ""))
    own = worker.startswith("gunicorn.workers.") and "asgi" not in worker
    return own or worker in GUNICORN_WSGI_WORKERS


def waitress_imported(module):
    def make(original):
        def create_server(application, *args, **kwargs):
            return original(watch(application), *args, **kwargs)

        return create_server

    replace(module, "create_server", make)


def rocket3_imported(module):
    replace(module.WSGIWorker, "__init__", watch_attribute("app"))


def gevent_imported(module):
    replace(module.WSGIServer, "__init__", watch_attribute("application"))


def cheroot_imported(module):
    replace(module.Server, "__init__", watch_attribute("wsgi_app"))
