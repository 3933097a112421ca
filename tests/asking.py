"""Asks databases in every way an app may; run in a watched server and alone, to be compared.

    python asking.py NAME DSN

Each function returns what an app could see of it: types, results, errors, where they came from.
"""

import sys
import threading
import traceback

BIG = "x" * 1_000_000


def outcome(work, *args, **kwargs):
    """What a call gives, or what it raises and through which functions."""
    try:
        return repr(work(*args, **kwargs))[:300]
    except BaseException as error:
        frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        return f"{type(error).__module__}.{type(error).__name__}: {error} {frames[1:]}"[:400]


def in_thread(work, *args):
    found = []
    thread = threading.Thread(target=lambda: found.append(outcome(work, *args)))
    thread.start()
    thread.join()
    return found[0]


def sqlite3_queries(dsn=None):
    import sqlite3

    connection = sqlite3.connect(":memory:")
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, data BLOB)")
    cursor.executemany("INSERT INTO item (name) VALUES (?)", [("a",), ("b",), ("c",)])
    cursor.execute("SELECT id, name FROM item WHERE name <> 'hunter2'")
    rows = cursor.fetchall()
    for number in range(6):
        connection.execute("SELECT name FROM item WHERE id = ?", (number,)).fetchall()  # planted
    with connection:
        connection.execute("UPDATE item SET name = 'd'")
    failed = outcome(cursor.execute, "SELECT 'hunter2' FROM nowhere")
    connection.rollback()
    connection.close()
    return [rows, failed]


def sqlite3_shapes(dsn=None):
    """All that an app could find changed."""
    import sqlite3

    class OwnCursor(sqlite3.Cursor):
        def execute(self, sql, *args):
            return super().execute(sql.replace("thing", "item"), *args)

    class OwnConnection(sqlite3.Connection):
        def cursor(self, factory=OwnCursor):
            return super().cursor(factory)

    connection = sqlite3.connect(":memory:", factory=OwnConnection)
    plain = sqlite3.connect(":memory:", check_same_thread=False)
    strict = sqlite3.connect(":memory:")
    cursor = plain.cursor()
    told = [
        type(connection) is OwnConnection,
        type(plain) is sqlite3.Connection,
        type(cursor) is sqlite3.Cursor,
        type(plain.execute("SELECT 1")) is sqlite3.Cursor,
        type(connection.execute("SELECT 1")).__name__,
        isinstance(sqlite3.connect(":memory:", isolation_level=None), sqlite3.Connection),
        hasattr(cursor, "__dict__"),
        cursor.execute("SELECT 1") is cursor,
        sqlite3.Cursor.execute.__name__,
        sqlite3.Cursor.execute.__doc__ is None,
        sqlite3.Cursor.__dict__["fetchone"].__name__,
        sqlite3.connect.__name__,
        sorted(name for name in dir(sqlite3.Cursor) if not name.startswith("__")),
    ]
    told.append(outcome(connection.execute, "CREATE TABLE thing (id, data)"))
    told.append(outcome(connection.cursor().execute, "SELECT * FROM thing"))
    wrong = [
        (cursor.execute,),
        (cursor.execute, 5),
        (cursor.execute, "SELECT ?", (1, 2)),
        (cursor.execute, "SELECT ?", (object(),)),
        (sqlite3.Cursor.execute, 5, "SELECT 1"),
        (sqlite3.Cursor.execute,),
        (cursor.fetchall, 1),
        (cursor.fetchmany, -5),
        (plain.commit, 1),
        (sqlite3.connect,),
        (cursor.executescript, "SELECT 1; SELECT '"),
    ]
    for work, *args in wrong:
        told.append(outcome(work, *args))
    told.append(outcome(cursor.fetchmany, size=2))
    plain.create_function("explode", 0, lambda: 1 / 0)
    told.append(outcome(cursor.execute, "SELECT explode()"))
    cursor.execute("CREATE TABLE item (id INTEGER, data BLOB)")
    told.append(outcome(cursor.execute, "INSERT INTO item VALUES (1, ?)", (b"\0\xff" * 500,)))
    told.append(outcome(cursor.execute, f"SELECT length('{BIG}')"))
    told.append(cursor.fetchall())
    told.append(in_thread(cursor.execute, "SELECT 2"))
    told.append(in_thread(strict.execute, "SELECT 2"))
    told.append(outcome(lambda: [row for row in cursor.execute("SELECT 1 UNION SELECT 2")]))
    plain.row_factory = sqlite3.Row
    told.append([tuple(row) for row in plain.execute("SELECT 1 AS a").fetchall()])
    told.append(outcome(with_block, plain))
    told.append(plain.in_transaction)
    plain.close()
    told.append(outcome(cursor.execute, "SELECT 1"))
    told.append(outcome(plain.commit))
    return told


def with_block(connection):
    with connection:
        connection.execute("INSERT INTO item VALUES (2, NULL)")
        raise KeyError("inside")


def psycopg2_queries(dsn):
    import psycopg2
    import psycopg2.extras
    from psycopg2 import sql

    connection = psycopg2.connect(dsn)
    cursor = connection.cursor(cursor_factory=psycopg2.extras.DictCursor)
    cursor.execute("CREATE TEMPORARY TABLE item (id serial PRIMARY KEY, name text, data bytea)")
    cursor.executemany("INSERT INTO item (name) VALUES (%s)", [("a",), ("b",), ("c",)])
    cursor.execute("SELECT id, name FROM item WHERE name <> 'hunter2' ORDER BY id")
    rows = [tuple(row) for row in cursor.fetchall()]
    for number in range(6):
        cursor.execute("SELECT name FROM item WHERE id = %s", (number,))  # planted
        cursor.fetchall()
    cursor.execute(sql.SQL("SELECT {} FROM item").format(sql.Identifier("name")))
    cursor.execute(b"SELECT 'bytes'")
    connection.commit()
    told = [rows, type(cursor).__name__, type(connection) is psycopg2.extensions.connection]
    told.append(type(connection.cursor()) is psycopg2.extensions.cursor)
    told.append(outcome(cursor.execute, "SELECT 'hunter2' FROM nowhere"))
    connection.rollback()
    told.append(outcome(cursor.execute, "SELECT %s::bytea", (psycopg2.Binary(b"\0\xff" * 500),)))
    told.append(outcome(cursor.execute, f"SELECT length('{BIG}')"))
    told.append([tuple(row) for row in cursor.fetchall()])
    told.append(in_thread(cursor.execute, "SELECT 2"))
    told.append(outcome(cursor.execute))
    told.append(outcome(cursor.execute, 5))
    with connection, connection.cursor() as other:
        other.execute("SELECT 3")
        told.append(other.fetchall())
    connection.close()
    told.append(outcome(cursor.execute, "SELECT 1"))
    told.append(outcome(connection.commit))
    return told


def psycopg_queries(dsn):
    import psycopg
    from psycopg import sql
    from psycopg.rows import dict_row

    connection = psycopg.connect(dsn, row_factory=dict_row)
    cursor = connection.cursor()
    cursor.execute("CREATE TEMPORARY TABLE item (id serial PRIMARY KEY, name text, data bytea)")
    cursor.executemany("INSERT INTO item (name) VALUES (%s)", [("a",), ("b",), ("c",)])
    cursor.execute("SELECT id, name FROM item WHERE name <> 'hunter2' ORDER BY id")
    rows = cursor.fetchall()
    for number in range(6):
        cursor.execute("SELECT name FROM item WHERE id = %s", (number,))  # planted
        cursor.fetchall()
    cursor.execute(sql.SQL("SELECT {} FROM item").format(sql.Identifier("name")))
    cursor.execute(query=b"SELECT 'bytes'")
    connection.commit()
    told = [rows, type(cursor).__name__, type(connection) is psycopg.Connection]
    told.append(outcome(lambda: type(connection.execute("SELECT 1")) is psycopg.Cursor))
    told.append(outcome(cursor.execute, "SELECT 'hunter2' FROM nowhere"))
    connection.rollback()
    told.append(
        outcome(cursor.execute, "SELECT %s::bytea", (b"\0\xff" * 500,)).partition(" at ")[0]
    )
    told.append(outcome(lambda: cursor.execute(f"SELECT length('{BIG}')").fetchall()))
    told.append(in_thread(lambda: cursor.execute("SELECT 2").fetchall()))
    told.append(outcome(cursor.execute).partition("(")[0])
    with connection.cursor("named") as server_side:
        server_side.execute("SELECT 3 AS three")
        told.append(server_side.fetchall())
    with connection:
        connection.execute("SELECT 4")
    told.append(outcome(cursor.execute, "SELECT 1"))
    told.append(outcome(connection.commit))
    return told


def mysql_queries(dsn, module="pymysql"):
    driver = __import__(module)
    port = int(dsn.rpartition(":")[2])
    connection = driver.connect(host="127.0.0.1", port=port, user="u", password="", database="d")
    cursor = connection.cursor()
    cursor.execute('SELECT name FROM item WHERE name <> "hunter2"')
    rows = cursor.fetchall()
    for number in range(6):
        cursor.execute("SELECT name FROM item WHERE id = %s", (number,))  # planted
        cursor.fetchall()
    cursor.executemany("INSERT INTO item (name) VALUES (%s)", [("a",), ("b",)])
    connection.commit()
    told = [repr(rows), type(cursor).__name__, cursor.rowcount]
    told.append(outcome(cursor.execute, "SELECT 'hunter2' FROM nowhere"))
    connection.rollback()
    connection.close()
    told.append(outcome(cursor.execute, "SELECT 1"))
    return told


def pymysql_queries(dsn):
    return mysql_queries(dsn, "pymysql")


def mysqldb_queries(dsn):
    return mysql_queries(dsn, "MySQLdb")


def pydal_queries(dsn=None):
    """Own execution handlers that raise, with a driver that Haechi knows and one it does not."""
    import strange_driver
    from pydal import DAL
    from pydal.drivers import DRIVERS
    from pydal.helpers.classes import ExecutionHandler

    class Before(ExecutionHandler):
        def before_execute(self, command):
            if "7" in command:
                raise ValueError("before")

    class After(ExecutionHandler):
        def after_execute(self, command):
            if "8" in command:
                raise ValueError("after")

    told, known = [], DRIVERS["sqlite3"]
    for driver in (known, strange_driver):
        DRIVERS["sqlite3"] = driver
        try:
            db = DAL("sqlite:memory")
        finally:
            DRIVERS["sqlite3"] = known
        told.append(outcome(db.executesql, "SELECT 'hunter2'"))
        db._adapter.execution_handlers.extend((Before, After))
        for query in ("SELECT 6", "SELECT 7", "SELECT 8", "SELECT 'hunter2' FROM nowhere"):
            told.append(outcome(db.executesql, query))
        told.append(outcome(db.commit))
        db.close()
    return told


WAYS = (
    sqlite3_queries,
    sqlite3_shapes,
    psycopg2_queries,
    psycopg_queries,
    pymysql_queries,
    mysqldb_queries,
    pydal_queries,
)


def ask(name, dsn):
    return "\n".join(map(repr, next(way for way in WAYS if way.__name__ == name)(dsn)))


def application(environ, start_response):
    """The same as an app: /NAME, with the DSN as query."""
    text = ask(environ["PATH_INFO"].strip("/"), environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]


if __name__ == "__main__":
    print(ask(*sys.argv[1:]))
