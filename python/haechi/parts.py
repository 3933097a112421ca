"""What of a request is timed beside the framework's own steps: queries, calls, pauses.

None of it is looked for before the native part is loaded, which happens where an app runs: a
program that serves nothing keeps its libraries as they are.
"""

import gc

HOOKS = {
    "sqlite3": ("haechi.drivers", "sqlite3_imported"),
    "psycopg2": ("haechi.drivers", "psycopg2_imported"),
    "psycopg": ("haechi.drivers", "psycopg_imported"),
    "pymysql": ("haechi.drivers", "pymysql_imported"),
    "MySQLdb": ("haechi.drivers", "mysqldb_imported"),
    "pydal.connection": ("haechi.query_layers", "pydal_imported"),
    "sqlalchemy.engine.base": ("haechi.query_layers", "sqlalchemy_imported"),
    "django.db.backends.signals": ("haechi.query_layers", "django_imported"),
    "http.client": ("haechi.outgoing", "http_client_imported"),
    "httpx": ("haechi.outgoing", "httpx_imported"),
}


def watch_parts(module):
    """Asks to be told of the libraries that requests spend time in; called once, when loaded."""
    from haechi import importing

    importing.add(HOOKS)
    gc.callbacks.append(module.gc_pause)
