"""Runs requests against the web2py site of the current folder, in this process.

python failing_site.py PATH...       prints the ticket of each, or its status
"""

import io
import sys

sys.path.insert(0, ".")

from wsgi_site import application


def ask(path):
    """Returns the ticket that the answer names, else its status."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    answered = {}

    def start_response(status, headers, exc_info=None):
        answered.update(headers, status=status)
        return lambda data: None

    b"".join(application(environ, start_response))
    return answered.get("web2py_error") or answered["status"]


for path in sys.argv[1:]:
    print(ask(path).removeprefix("ticket "))
