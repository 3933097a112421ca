"""Makes `/<app>/stats` reach `default/stats` where web2py has no such address.

web2py reads `/<app>/stats` as controller `stats`, function `index`, and refuses
`/<app>/stats.json` altogether. An app that has a controller `stats`, or no function
`stats` in its default controller, is left to web2py.
"""

import os
import re

NAME = "stats"
SHORT_ADDRESS = re.compile(r"^/(\w+)/stats\.(\w+)/?$")
EXPOSED = re.compile(rb"^def[ \t]+stats[ \t]*\([ \t]*\)[ \t]*:", re.MULTILINE)


class StatsAddress:
    """The rule, for one web2py installation."""

    def __init__(self, settings, rewriting, list_class):
        self.settings = settings
        self.rewriting = rewriting  # gluon.rewrite.THREAD_LOCAL: the routes of this request
        self.list_class = list_class

    def correct(self, request):
        """Sends a request that web2py read as `stats/<default function>` to `default/stats`."""
        pick = dict.get
        routes = getattr(self.rewriting, "routes", None)
        if routes is None:
            return
        if pick(request, "raw_args") or pick(request, "args"):
            return
        if pick(request, "function") != (routes.default_function or "index"):
            return
        controller = routes.default_controller or "default"
        if self.is_meant(pick(request, "application"), controller):
            request.controller, request.function = controller, NAME

    def accept(self, request, environ):
        """Fills in a request for `/<app>/stats.<extension>`; tells whether it is one."""
        found = SHORT_ADDRESS.match(environ.get("PATH_INFO") or "")
        routes = getattr(self.rewriting, "routes", None)
        if not found or routes is None:
            return False
        app, extension = found.groups()
        controller = routes.default_controller or "default"
        if not self.is_meant(app, controller):
            return False
        request.application, request.controller, request.function = (
            app,
            controller,
            NAME,
        )
        request.raw_args, request.args = "", self.list_class([])
        request.raw_extension = request.extension = extension
        return True

    def is_meant(self, app, controller):
        """Tells whether the app has the function `stats` and no controller of that name."""
        if not app:
            return False
        folder = os.path.join(self.settings.applications_parent, "applications", app)
        compiled = os.path.join(folder, "compiled")
        if os.path.exists(compiled):
            names = (
                f"controllers.{controller}.{NAME}.pyc",
                f"controllers.{NAME}.index.pyc",
            )
            ours, theirs = (os.path.exists(os.path.join(compiled, name)) for name in names)
            return ours and not theirs
        if os.path.exists(os.path.join(folder, "controllers", NAME + ".py")):
            return False
        try:
            with open(os.path.join(folder, "controllers", controller + ".py"), "rb") as file:
                return EXPOSED.search(file.read()) is not None
        except OSError:
            return False
