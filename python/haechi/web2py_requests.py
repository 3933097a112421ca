"""Watches web2py's requests: where they begin and end, which app and route they are.

All of it runs in every request, so each function takes few steps, and each falls back to
what web2py does by itself.
"""

import os

from haechi.context import current_request
from haechi.middleware import mark
from haechi.web2py_statistics import apply_flag
from haechi.web2py_users import note_user

FIRST = "haechi.web2py"  # environ key: the first Request of a call, before routes_onerror
UNMATCHED = "(unmatched)"
STATIC = "(static)"
FRAMEWORK = "web2py"  # the app of a request that reaches no app


class KnownApps(set):
    """Names of apps that exist. A name in an address is not to be believed before."""

    def __init__(self, settings, module):
        super().__init__()
        self.settings = settings
        self.module = module  # None where nothing is recorded

    def exists(self, app):
        """Tells whether the app has a folder; asks the disk only for names not seen yet."""
        if app in self:
            return True
        parent = os.path.abspath(self.settings.applications_parent)
        folder = os.path.join(parent, "applications", app or "")
        if not app or not os.path.isdir(folder):
            return False
        self.add(app)
        if self.module is not None:
            self.module.set_app_folder(app, folder)
        return True

    def of_static(self, path):
        """Returns the app that a static file belongs to, or None."""
        start = os.path.join(self.settings.applications_parent, "applications", "")
        app = path[len(start) :].partition(os.sep)[0] if path.startswith(start) else ""
        return app if self.exists(app) else None


def watch_wsgibase(inner, module, current):
    """Wraps `gluon.main.wsgibase`, which calls itself for routes_onerror: outermost counts."""
    begin = module.begin

    def settle(environ):
        request = environ.pop(FIRST, None)
        if request is not None:
            apply_flag(module, request)

    def nested(environ, responder):
        try:
            return inner(environ, responder)
        finally:
            settle(environ)

    def wsgibase(environ, responder):
        request = begin(environ, responder, FRAMEWORK)
        if request is None:
            return nested(environ, responder)
        try:
            result = inner(environ, request)
        except BaseException:
            request.fail()
            raise
        # before the body: a request counts by the flag at its end
        first = environ.pop(FIRST, None)
        if first is not None and "statistics" in first:
            apply_flag(module, first)
        # once more: this request may have been the one to sign in
        note_user(request, current.__dict__.get("session"))
        return request.body(result)

    wsgibase.__wrapped__ = inner
    return mark(wsgibase)


def watch_url_in(inner, http, address, apps):
    """Wraps `gluon.main.url_in`, the earliest place that knows app, controller and function."""
    get, pick = current_request.get, dict.get

    def note_static(watched, path):
        app = apps.of_static(path)
        if app is not None:
            watched.set_app(app)
        watched.set_route(STATIC)
        watched.set_static()

    def url_in(request, environ):
        try:
            answer = inner(request, environ)
        except http:
            if not address.accept(request, environ):
                raise
            answer = (None, None, environ)
        controller = pick(request, "controller")
        if controller == "stats":
            address.correct(request)
            controller = pick(request, "controller")
        watched = get()
        if watched is None or FIRST in environ:
            return answer
        environ[FIRST] = request
        if answer[0]:
            note_static(watched, answer[0])
            return answer
        app = pick(request, "application")
        if app in apps or apps.exists(app):
            watched.set_place(app, f"{controller}/{pick(request, 'function')}")
        return answer

    return url_in


def watch_run_controller_in(inner, http, module):
    """Wraps `run_controller_in`: times it, and takes back the route of what does not exist."""
    get = current_request.get

    def unmatched(answer, controller, function, _environment):
        watched = get()
        if watched is None or not isinstance(answer, http) or answer.status != 404:
            return
        name = f"{controller}/{function}"
        reason = answer.headers.get("web2py_error")
        missing = (f"invalid controller ({name})", f"invalid function ({name})")
        if reason in missing and watched.route == name:
            watched.set_route(UNMATCHED)

    return module.Step(inner, "controller", "first_two", unmatched)


def watch_appfactory(inner):
    """Wraps `gluon.main.appfactory`: what it makes calls `wsgibase`, which is watched."""

    def appfactory(*args, **kwargs):
        return mark(inner(*args, **kwargs))

    return appfactory
