"""`request.statistics`: the switch and the numbers.

web2py's Request is a dict whose attributes are its items, so a value that is set never
passes through the property: it is found under its key, here when it is read and once more
when the request ends.
"""

import json
from collections.abc import Mapping
from html import escape

from gluon.globals import current
from gluon.http import HTTP

from haechi import native
from haechi.loopback import is_loopback_request

KEY = "statistics"


def apply_flag(module, request):
    """Turns the monitoring of the request's app on or off, if the request said so."""
    flag = dict.get(request, KEY)
    app = dict.get(request, "application")
    if flag is None or isinstance(flag, Statistics) or not app:
        return
    try:
        (module.enable if flag else module.disable)(app)
    except Exception:
        pass  # a flag that is neither true nor false says nothing


def read(request):
    """What `request.statistics` gives: applies a flag that was set before, then the numbers."""
    module = native.load()
    if module is not None:
        apply_flag(module, request)
    return Statistics(module, request)


class Statistics(Mapping):
    """One app's numbers over all its processes, given out only to this machine.

    An action may return it (a page or JSON, no view needed), put it in its dict (a piece of
    a page, or JSON) or read it like a dict. Whoever is not on this machine gets HTTP 403.
    Not a dict, or web2py would look for a view; nothing here is called `value`, which
    BEAUTIFY would take for the whole.
    """

    def __init__(self, module, request):
        self._module = module
        self._request = request
        self._app = dict.get(request, "application") or ""
        self._data = None

    def xml(self):
        """Returns what belongs in the answer here: a page, a piece of one, or JSON."""
        self._only_for_this_machine()
        response = self._response()
        whole = response is not None and response.get("_vars") is self
        request = self._request
        part = not whole or request.get("cid") or request.get("ajax")
        if request.get("extension") == "json" or (whole and self._prefers_json()):
            kind, text = "application/json; charset=utf-8", self._json()
        else:
            kind, text = "text/html; charset=utf-8", self._html(bool(part))
        if whole:
            response["headers"]["Content-Type"] = kind
            response["headers"]["Vary"] = "Accept"
        return text

    def as_dict(self, *_args, **_kwargs):
        """Returns a fresh dict of all numbers."""
        self._only_for_this_machine()
        return json.loads(self._json())

    custom_json = as_dict  # what gluon.serializers.json asks for

    def __getitem__(self, key):
        return self._snapshot()[key]

    def __iter__(self):
        return iter(self._snapshot())

    def __len__(self):
        return len(self._snapshot())

    def __bool__(self):
        return True

    def __repr__(self):
        return f"<statistics of {self._app}>"

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def _snapshot(self):
        """One look at the numbers for all item access, so that they belong together."""
        self._only_for_this_machine()
        if self._data is None:
            self._data = self.as_dict()
        return self._data

    def _only_for_this_machine(self):
        if not is_loopback_request(self._request.get("env") or {}):
            raise HTTP(403)

    def _prefers_json(self):
        accept = (self._request.get("env") or {}).get("http_accept") or ""
        json_at, html_at = accept.find("application/json"), accept.find("text/html")
        return json_at >= 0 and (html_at < 0 or json_at < html_at)

    @staticmethod
    def _response():
        return getattr(current, "response", None)

    def _json(self):
        if self._module is not None:
            return self._module.statistics_json(self._app)
        return json.dumps({"app": self._app, "watching": False, "why": native.why_not()})

    def _html(self, fragment):
        if self._module is not None:
            return self._module.statistics_html(self._app, fragment)
        text = f"<p>Haechi is not watching this program: {escape(native.why_not() or '')}.</p>"
        page = f"<!doctype html><title>{escape(self._app)}</title>{text}"
        return text if fragment else page


def component_storage(storage, request_class):
    """Returns what LOAD() shall call for `Storage`: copies of a request keep the property."""

    class ComponentRequest(storage):
        """The copy of the request that a component sees."""

        statistics = property(read)

        def __setattr__(self, name, value):
            dict.__setitem__(self, name, value)
            # nobody looks at a component's request when it ends
            if name == KEY and native.load() is not None:
                apply_flag(native.load(), self)

    def make(*args, **kwargs):
        if args and isinstance(args[0], (request_class, ComponentRequest)):
            return ComponentRequest(*args, **kwargs)
        return storage(*args, **kwargs)

    return make
