"""A plain WSGI program on the standard library: visits itself N times, prints its statistics."""

import json
import sys
import threading
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def main():
    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for _ in range(int(sys.argv[1])):
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
                assert answer.read() == b"hello"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    import haechi

    print(json.dumps(haechi.statistics("self_visiting")))


if __name__ == "__main__":
    main()
