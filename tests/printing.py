"""Prints in every way, after one request to itself: printing.py [log|tty|closed]."""

import io
import logging
import sys
from contextlib import redirect_stdout


def application(environ, start_response):
    print("in the request")
    start_response("200 OK", [])
    return [b""]


def watched():
    try:
        import haechi
    except ImportError:
        return application
    return haechi.wsgi(application, "printing")


def main(how):
    watched()({"PATH_INFO": "/", "REQUEST_METHOD": "GET"}, lambda *_: None)
    out = sys.stdout
    if how == "tty":
        return print(f"tty: {out.isatty()}")
    if how == "closed":
        out.close()
        try:
            print("never")
        except ValueError as error:
            return sys.stderr.write(f"ValueError: {error}\n")
    print(type(out), out is sys.__stdout__, out.fileno(), out.encoding, out.isatty(), out.errors)
    print(out.line_buffering, out.mode, out.name, out.writable(), out.write.__name__)
    print("pieces", end=" ")
    out.writelines(["of ", "a ", "line\n"])
    print(out.write("é한글\n"))
    try:
        out.write(b"bytes")
    except TypeError as error:
        print(error)
    out.flush()
    out.buffer.write(b"\xff\x00 binary\r\n")
    with redirect_stdout(io.StringIO()):
        print("kept in memory")

    class Own:
        def write(self, text):
            return out.write(text)

        def __getattr__(self, name):
            return getattr(out, name)

    sys.stdout = Own()
    print("after a stream of the app's own")
    sys.stdout = out
    if how == "log":
        logging.getLogger("told").warning("the last line")
    else:
        out.write("the last line")


if __name__ == "__main__":
    main(*sys.argv[1:2] or [""])
