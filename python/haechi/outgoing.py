"""Calls to other servers: from the request's first byte to the head of the answer.

`http.client` carries urllib, requests and urllib3; httpx has a transport of its own.
"""

import time
from contextvars import ContextVar
from functools import wraps

from haechi import native
from haechi.context import current_request

_asked = ContextVar("haechi_asked", default=None)  # the call that waits for its answer


def address(connection, method, url):
    """Returns the address as a span names it; host and path of it are kept."""
    if "://" in url:  # asked for through a proxy
        return f"{method} {url.partition('://')[2]}"
    port = "" if connection.port == connection.default_port else f":{connection.port}"
    return f"{method} {connection.host}{port}{url}"


def http_client_imported(module):
    part = native.load()
    number, tell, clock = part.span_part("http_client"), part.span, time.perf_counter_ns
    get, owner = current_request.get, module.HTTPConnection
    putrequest, endheaders, getresponse = owner.putrequest, owner.endheaders, owner.getresponse

    def settle(connection, status, failed):
        """Tells of the call that this connection made, if that is what waits."""
        asked = _asked.get()
        if asked is None or asked[0] != id(connection):
            return
        _asked.set(None)
        _, begun, method, url = asked
        try:
            where = address(connection, method, url)
            tell(number, where, clock() - begun, -1, failed, status)
        except Exception:
            pass

    @wraps(putrequest)
    def watched_putrequest(self, method, url, *args, **kwargs):
        if get() is not None:
            _asked.set((id(self), clock(), method, url))
        return putrequest(self, method, url, *args, **kwargs)

    @wraps(endheaders)
    def watched_endheaders(self, *args, **kwargs):
        if get() is None:
            return endheaders(self, *args, **kwargs)
        try:
            return endheaders(self, *args, **kwargs)
        except BaseException:
            settle(self, 0, True)
            raise

    @wraps(getresponse)
    def watched_getresponse(self, *args, **kwargs):
        if get() is None:
            return getresponse(self, *args, **kwargs)
        try:
            answer = getresponse(self, *args, **kwargs)
        except BaseException:
            settle(self, 0, True)
            raise
        settle(self, answer.status, False)
        return answer

    owner.putrequest = watched_putrequest
    owner.endheaders = watched_endheaders
    owner.getresponse = watched_getresponse


def httpx_imported(module):
    part = native.load()
    number, begin, end = part.span_part("http_client"), part.span_begin, part.span_end
    inner = module.HTTPTransport.handle_request

    @wraps(inner)
    def handle_request(self, request, *args, **kwargs):
        token = begin(number)
        if not token:
            return inner(self, request, *args, **kwargs)
        answer = None
        try:
            answer = inner(self, request, *args, **kwargs)
        finally:
            where = f"{request.method} {str(request.url).partition('://')[2]}"
            end(token, number, where, -1, answer is None, getattr(answer, "status_code", 0))
        return answer

    module.HTTPTransport.handle_request = handle_request
