"""Asks by one way of `asking.py` in a watched request, without a server; prints what the app saw.

python self_asking.py NAME
"""

import sys

import asking
from haechi import importing, middleware, native

environ = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/{sys.argv[1]}", "QUERY_STRING": "-"}
watched = middleware.watch(asking.application, "asking")
print(b"".join(watched(environ, lambda *_: None)).decode())
assert native.load() is not None and importing.failures == [], importing.failures
