"""Queries of drivers that Haechi does not know: told by what lies above them, officially.

pydal's execution handlers, SQLAlchemy's events and Django's execute wrappers are told of
statements only, and pydal's not of those that raise. Where the driver is a known one
(`drivers.py`) they are left alone: one query is told once.
"""

import functools
import weakref

from haechi import native
from haechi.drivers import WATCHED


def is_watched(driver):
    """Tells whether the queries of a driver (its module) are told by itself."""
    return getattr(driver, "__name__", "").partition(".")[0] in WATCHED


def pydal_imported(module):
    """Has pydal's adapters looked at when they connect: they may be older than this hook."""
    part, inner = native.load(), module.ConnectionPool.set_connection

    def set_connection(self, connection, *args, **kwargs):
        if connection is not None:
            try:
                handlers = self.execution_handlers
                if part.ExecutionHandler not in handlers and not is_watched(self.driver):
                    handlers.append(part.ExecutionHandler)
            except Exception:
                pass  # another pydal, or no SQL: its statements are not told
        return inner(self, connection, *args, **kwargs)

    module.ConnectionPool.set_connection = functools.wraps(inner)(set_connection)


def sqlalchemy_imported(module):
    """Has SQLAlchemy's engines looked at when they connect: they may be older than this hook."""
    inner, known = module.Connection.__init__, weakref.WeakSet()

    def __init__(self, engine, *args, **kwargs):
        if engine not in known:
            try:
                known.add(engine)
                # one with options of its own passes on what it is told of
                if getattr(engine, "_proxied", None) is None and not is_watched(
                    getattr(engine.dialect, "dbapi", None)
                ):
                    listen(engine)
            except Exception:
                pass  # another SQLAlchemy: its statements are not told
        return inner(self, engine, *args, **kwargs)

    module.Connection.__init__ = functools.wraps(inner)(__init__)


def listen(engine):
    """Times the statements of an engine by SQLAlchemy's own events."""
    from sqlalchemy import event

    part = native.load()
    db, begin, end = part.span_part("db"), part.span_begin, part.span_end
    mysql = engine.dialect.name in ("mysql", "mariadb")

    def before(connection, cursor, statement, parameters, context, many):
        if context is not None:
            context._haechi = begin(db)

    def after(connection, cursor, statement, parameters, context, many):
        if context is not None:
            rows = getattr(cursor, "rowcount", -1)
            end(
                context.__dict__.pop("_haechi", 0),
                db,
                statement,
                rows if isinstance(rows, int) else -1,
                False,
                0,
                mysql,
            )

    def failed(told):
        context = told.execution_context
        if context is not None:
            token = context.__dict__.pop("_haechi", 0)
            end(token, db, told.statement, -1, True, 0, mysql)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)


def django_imported(module):
    module.connection_created.connect(watch_connection, weak=False, dispatch_uid="haechi")


def watch_connection(connection, **named):
    """Times the statements of a Django connection by its execute wrappers."""
    try:
        if not is_watched(connection.Database) and execute not in connection.execute_wrappers:
            connection.execute_wrappers.append(execute)
    except Exception:
        pass  # another Django: its statements are not told


def execute(inner, sql, params, many, context):
    part = native.load()
    db = part.span_part("db")
    token, failed = part.span_begin(db), True
    try:
        result = inner(sql, params, many, context)
        failed = False
    finally:
        mysql = context["connection"].vendor == "mysql"
        part.span_end(token, db, sql, -1, failed, 0, mysql)
    return result
