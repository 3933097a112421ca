"""What watching adds to one query, and to a request of a real web2py that asks five."""

import sys

from figures import Section, row_of
from programs import (
    MEASURED,
    ROOT,
    json_of,
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
# an app as they come, with tables as web2py's Auth defines them, and the least that there can be
USUAL, LEAST = "/usual_app/five/ask", "/least_app/five/ask"
USUAL_MODEL = """
db = DAL("sqlite://storage.sqlite", pool_size=10, check_reserved=["all"])
when = Field("created_on", "datetime", default=request.now, writable=False)
db.define_table("auth_user", Field("first_name", requires=IS_NOT_EMPTY()), Field("last_name"),
    Field("email", requires=IS_EMAIL()), Field("password", "password", readable=False),
    Field("registration_key", writable=False), Field("reset_password_key"), when.clone(),
    format="%(first_name)s")
db.define_table("auth_group", Field("role"), Field("description", "text"), format="%(role)s")
db.define_table("auth_membership", Field("user_id", "reference auth_user"),
    Field("group_id", "reference auth_group"))
db.define_table("auth_permission", Field("group_id", "reference auth_group"), Field("name"),
    Field("table_name"), Field("record_id", "integer", default=0))
db.define_table("auth_event", Field("time_stamp", "datetime", default=request.now),
    Field("client_ip"), Field("user_id", "reference auth_user"), Field("origin"),
    Field("description", "text"))
db.define_table("product", Field("name", requires=IS_NOT_EMPTY()), Field("price", "double"),
    Field("made_by", "reference auth_user"), Field("picture", "upload"), when.clone())
db.define_table("purchase", Field("product", "reference product"), Field("amount", "integer"),
    Field("buyer", "reference auth_user"), when.clone())
response.menu = [(T("Home"), False, URL("default", "index"), [])]
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
    rounds, turns = (2, 30) if options.quick else (7, 60)
    python, site = peers_python(), build_site()
    of_queries = {"sqlite3": [], "pydal": [], "idle": []}
    stock = {USUAL: [], LEAST: []}
    added = {USUAL: [], LEAST: []}
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
                "added to a request of an app with seven tables",
                shares(added[USUAL], stock[USUAL]),
                "%",
                REQUEST_LIMIT_PERCENT,
            ),
            row_of("the same in time", added[USUAL], "µs"),
            row_of("stock request", stock[USUAL], "µs"),
            row_of(
                "added to one of an app with a single table",
                shares(added[LEAST], stock[LEAST]),
                "%",
            ),
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
    """A site with an app as they come, and with the least that there can be."""
    site = web2py_site.build_site(scratch("queries-site"))
    for path, model in ((USUAL, USUAL_MODEL), (LEAST, LEAST_MODEL)):
        app = web2py_site.add_app(site, path.split("/")[1])
        (app / "models" / "db.py").write_text(model)
        (app / "controllers" / "five.py").write_text(FIVE_QUERIES)
    return site
