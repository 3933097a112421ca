"""What watching adds to one query, and to a request of a real web2py that asks five."""

import shutil
import sys

from figures import Section, row_of
from programs import (
    MEASURED,
    ROOT,
    json_of,
    output_of,
    peers_python,
    plain_environment,
    scratch,
    watched,
)
from web2py_requests import call

sys.path.insert(0, str(ROOT / "scripts"))

import web2py_site

REQUEST_LIMIT_PERCENT = 2.0
QUERY_LIMIT_US = 2.0
# the models of web2py's own scaffolding app, and the fewest that there can be
SCAFFOLDING, LEAST = "/new_app/five/ask", "/least_app/five/ask"
SETTINGS = """
[app]
name = New app
production = false
toolbar = false
[host]
names = localhost:*, 127.0.0.1:*
[db]
uri = sqlite://storage.sqlite
migrate = true
pool_size = 10
[smtp]
server = localhost:25
sender = you@example.com
login =
[scheduler]
enabled = false
[google]
analytics_id =
"""
LEAST_MODEL = """
db = DAL("sqlite://storage.sqlite")
db.define_table("auth_user", Field("first_name"))
"""
FIVE_QUERIES = """
def ask():
    for number in range(5):
        db.executesql("SELECT first_name FROM auth_user WHERE id = %d" % number)
    return 'ok'
"""


def measure(options) -> Section:
    rounds, turns = (3, 40) if options.quick else (12, 120)
    python, site = peers_python(), build_site()
    of_queries = {"sqlite3": [], "pydal": [], "idle": []}
    stock = {SCAFFOLDING: [], LEAST: []}
    added = {SCAFFOLDING: [], LEAST: []}
    for _ in range(rounds):
        for path in stock:
            found = call(python, site, path, turns, True, "both")
            stock[path].append(found["stock"])
            added[path].append(found["watched"] - found["stock"])
        for driver in ("sqlite3", "pydal"):
            command = [python, MEASURED / "query_call.py", driver, turns]
            found = json_of(watched(scratch("queries-data"), command), env=plain_environment())
            of_queries[driver].append(found["watched"] - found["stock"])
            if driver == "sqlite3":
                of_queries["idle"].append(found["idle"] - found["stock"])
    return Section(
        "queries",
        "Added to a query, and to a web2py request with five",
        [
            row_of("added to a query, sqlite3", of_queries["sqlite3"], "µs", QUERY_LIMIT_US),
            row_of("added to a query, pydal", of_queries["pydal"], "µs", QUERY_LIMIT_US),
            row_of("the same outside of a request, sqlite3", of_queries["idle"], "µs"),
            row_of(
                "added to a request of web2py's scaffolding app",
                shares(added[SCAFFOLDING], stock[SCAFFOLDING]),
                "%",
                REQUEST_LIMIT_PERCENT,
            ),
            row_of("the same in time", added[SCAFFOLDING], "µs"),
            row_of("stock request", stock[SCAFFOLDING], "µs"),
            row_of("added to one with a single table", shares(added[LEAST], stock[LEAST]), "%"),
            row_of("the same in time", added[LEAST], "µs"),
            row_of("stock request", stock[LEAST], "µs"),
        ],
        f"{rounds} fresh processes each under `haechi run`, in which the hooks are taken out and put "
        "in again; lower quartiles of single queries (executed and fetched) and of single requests. "
        "Every query becomes a span with its line. pydal 20260520.0 on SQLite.",
    )


def shares(added, stock) -> "list[float]":
    return [100 * more / plain for more, plain in zip(added, stock)]


def build_site():
    """A site with an app whose models are those of web2py's `welcome`, and one with the least."""
    site = web2py_site.build_site(scratch("queries-site"))
    new, least = web2py_site.add_app(site, "new_app"), web2py_site.add_app(site, "least_app")
    ask = "import applications.welcome as app; print(app.__path__[0])"
    welcome = output_of([peers_python(), "-c", ask], cwd=MEASURED).strip()
    for name in ("db.py", "menu.py"):
        shutil.copy(f"{welcome}/models/{name}", new / "models" / name)
    (new / "private" / "appconfig.ini").write_text(SETTINGS)
    (least / "models" / "db.py").write_text(LEAST_MODEL)
    for app in (new, least):
        (app / "controllers" / "five.py").write_text(FIVE_QUERIES)
    return site
