"""A program that handles slow requests by itself, forks, and ends while one is being looked at."""

import io
import os
import sys
import threading
import time
import warnings

import haechi

LEAVE = threading.Event()


def spin_here():
    end = time.perf_counter() + 1
    while time.perf_counter() < end:
        sum(range(200))


def never_ends():
    LEAVE.set()
    time.sleep(60)


def application(environ, start_response):
    {"/spin": spin_here, "/never": never_ends}[environ["PATH_INFO"]]()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]


def visit(path):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": io.BytesIO()}
    list(watched(environ, lambda status, headers, exc_info=None: None))


watched = haechi.wsgi(application, "slow_program")
visit("/spin")
# what Python 3.12 says to whoever forks beside a thread would end us
warnings.simplefilter("error")
child = os.fork()
if child == 0:
    visit("/spin")  # has looks of its own
    os._exit(0)
print(os.waitpid(child, 0)[1])
warnings.simplefilter("default")
threading.Thread(target=visit, args=("/never",), daemon=True).start()
LEAVE.wait(20)
time.sleep(float(sys.argv[1]))  # the interpreter ends in the midst of looks
