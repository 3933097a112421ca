"""A plain WSGI application and every server that a fallback hook knows: plain_wsgi.py SERVER PORT."""

import json
import sys


def parts():
    yield b"one "
    yield b"two"


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raise":
        raise RuntimeError("raised")
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/stream":
        return parts()
    if path == "/stats":
        import haechi

        return [json.dumps(haechi.statistics("plain_wsgi")).encode()]
    return [b"ok"]


def serve_wsgiref(port):
    from wsgiref.simple_server import make_server

    make_server("127.0.0.1", port, application).serve_forever()


def serve_waitress(port):
    import waitress

    waitress.serve(application, host="127.0.0.1", port=port)


def serve_rocket3(port):
    from rocket3 import Rocket3

    Rocket3(("127.0.0.1", port), "wsgi", {"wsgi_app": application}).start()


def serve_gevent(port):
    from gevent import monkey

    monkey.patch_all()
    from gevent.pywsgi import WSGIServer

    WSGIServer(("127.0.0.1", port), application, log=None).serve_forever()


def serve_cheroot(port):
    from cheroot.wsgi import Server

    Server(("127.0.0.1", port), application).start()


if __name__ == "__main__":
    globals()[f"serve_{sys.argv[1]}"](int(sys.argv[2]))
