"""Where Haechi stands before sqlite3, and how to take it away and put it back."""

import gc
import sqlite3
import sys

from haechi import native
from haechi.drivers import CONNECTION, CURSOR


class DriverHooks:
    """The methods of sqlite3 that are timed, and what the garbage collector tells."""

    def __init__(self):
        self.part = native.load()
        both = ((sqlite3.Cursor, CURSOR), (sqlite3.Connection, CONNECTION))
        self.places = [
            (owner, name, owner.__dict__[name]) for owner, names in both for name in names
        ]
        if not all(hasattr(method, "__wrapped__") for _, _, method in self.places):
            sys.exit("not all hooks are where they were")

    def put(self, is_watched):
        for owner, name, method in self.places:
            put = method if is_watched else method.__wrapped__
            self.part.put_into_class(owner, name, put)
        told = self.part.gc_pause in gc.callbacks
        if is_watched and not told:
            gc.callbacks.append(self.part.gc_pause)
        elif told and not is_watched:
            gc.callbacks.remove(self.part.gc_pause)
