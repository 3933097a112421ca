"""Database drivers: their queries, fetches, commits and connects, timed where they stand.

What is asked is told by the driver that asks it, whatever lies above. A method is replaced in
its class, also in one written in C, so every object keeps its type: an app's own subclasses,
cursor factories and `isinstance` see no difference. Fetching one row, and walking over a cursor,
are not timed: they cost less than timing them would.
"""

from haechi import native

QUERY, OPEN, FETCH = "query", "open", "fetch"
CURSOR = {"execute": QUERY, "executemany": QUERY, "fetchall": FETCH, "fetchmany": FETCH}
CONNECTION = {"commit": "COMMIT", "rollback": "ROLLBACK"}
CONNECT = "CONNECT"

WATCHED = set()  # top names of the drivers whose queries are told here


def watch_class(owner, names, mysql=False):
    """Times methods of a class; those it does not have are left out."""
    part = native.load()
    for name, does in names.items():
        inner = getattr(owner, name, None)
        if callable(inner):
            part.put_into_class(owner, name, part.DriverMethod(inner, does, False, mysql))


def watch_connect(*modules, names=("connect",)):
    """Times the functions that connect, wherever a driver's modules have them."""
    part = native.load()
    for module in modules:
        for name in names:
            inner = getattr(module, name, None)
            if callable(inner):
                setattr(module, name, part.DriverMethod(inner, CONNECT, True))


def sqlite3_imported(module):
    watch_class(module.Cursor, {**CURSOR, "executescript": QUERY})
    # newer Pythons go past the cursor's methods, and past `commit` when a `with` block is left
    more = {"execute": OPEN, "executemany": OPEN, "executescript": OPEN, "__exit__": "exit"}
    watch_class(module.Connection, {**CONNECTION, **more})
    watch_connect(module, module.dbapi2)
    WATCHED.update(("sqlite3", "pysqlite2"))


def psycopg2_imported(module):
    more = {"callproc": "CALL", "copy_expert": QUERY}
    watch_class(module.extensions.cursor, {**CURSOR, **more})
    watch_class(module.extensions.connection, CONNECTION)
    watch_connect(module)
    WATCHED.add("psycopg2")


def psycopg_imported(module):
    watch_class(module.Cursor, CURSOR)
    watch_class(module.ServerCursor, CURSOR)
    watch_class(module.Connection, CONNECTION)
    watch_connect(module)
    WATCHED.add("psycopg")


def pymysql_imported(module):
    from pymysql.connections import Connection
    from pymysql.cursors import Cursor, SSCursor

    watch_class(Cursor, CURSOR, mysql=True)
    watch_class(SSCursor, {"fetchall": FETCH, "fetchmany": FETCH})
    watch_class(Connection, {**CONNECTION, "connect": CONNECT})
    WATCHED.add("pymysql")


def mysqldb_imported(module):
    from MySQLdb import connections, cursors

    watch_class(cursors.BaseCursor, {"execute": QUERY, "executemany": QUERY}, mysql=True)
    for mixin in (cursors.CursorStoreResultMixIn, cursors.CursorUseResultMixIn):
        watch_class(mixin, {"fetchall": FETCH, "fetchmany": FETCH})
    watch_class(connections.Connection, CONNECTION)
    watch_connect(module, names=("connect", "Connect", "Connection"))
    WATCHED.update(("MySQLdb", "_mysql"))
