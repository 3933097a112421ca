"""A WSGI application that answers every path; the header X-User says who is signed in to it."""

import sys
from wsgiref.simple_server import make_server

import haechi


def application(environ, start_response):
    user = environ.get("HTTP_X_USER", "")
    if user:
        haechi.set_user(user)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"x" * 100]


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
