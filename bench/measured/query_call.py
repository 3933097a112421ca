"""Times queries with and without Haechi around them: query_call.py DRIVER TURNS.

DRIVER is sqlite3 or pydal, in a request of a plain WSGI application under `haechi run`. Hooks
are taken out and put in again before each turn of 20 queries, of which 10 turns make a request;
what is printed are lower quartiles of single queries, in microseconds. `idle` is with the hooks
and outside of a request.
"""

import os
import sqlite3
import statistics
import sys
import time

import calling
from driver_hooks import DriverHooks
from environ import environ
from haechi import middleware, native

SQL = "SELECT id, name FROM item WHERE id = 7 AND name <> 'nobody'"
QUERIES, TURNS = 20, 10
driver, number = sys.argv[1], int(sys.argv[2])


def by_sqlite3():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
    connection.execute("INSERT INTO item VALUES (7, 'lantern')")
    cursor = connection.cursor()

    def ask():
        cursor.execute(SQL)
        return cursor.fetchall()

    return ask


def by_pydal():
    from pydal import DAL, Field

    db = DAL("sqlite:memory")
    db.define_table("item", Field("name"))
    db.item.insert(id=7, name="lantern")
    return lambda: db.executesql(SQL)


def timed(ask, found):
    clock = time.perf_counter_ns
    for _ in range(QUERIES):
        begun = clock()
        ask()
        found.append((clock() - begun) / 1e3)


def main():
    part = native.load()
    ask = {"sqlite3": by_sqlite3, "pydal": by_pydal}[driver]()
    hooks = DriverHooks()
    found = {"stock": [], "watched": [], "idle": []}

    def application(_environ, start_response):
        for turn in range(TURNS):
            for is_watched in (False, True) if turn % 2 else (True, False):
                hooks.put(is_watched)
                timed(ask, found["watched" if is_watched else "stock"])
        start_response("200 OK", [])
        return [b"ok"]

    watched = middleware.watched(application, part.begin, "queries")
    for _ in range(number):
        b"".join(watched(environ(), calling.start_response))
        timed(ask, found["idle"])
    calling.answer(**{way: statistics.quantiles(times, n=4)[0] for way, times in found.items()})


main()
os._exit(0)
