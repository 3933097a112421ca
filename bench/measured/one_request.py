"""A watched program that handles a request whenever a line comes on stdin, and says when it ended.

The line is the path; the answer is the Unix time, in seconds. Needs `haechi run` around it.
"""

import sys
import time

import calling
from contenders import haechi
from environ import environ


def main():
    application = haechi()
    for line in sys.stdin:
        calling.call(application, environ(line.strip()), 1)
        print(time.time(), flush=True)


main()
