"""A plain WSGI application that times parts of its requests by itself, as a hook would."""

import time

from haechi import native


def ask(part, name, **facts):
    told = parts()
    token = told.span_begin(part)
    told.span_end(token, part, name, **facts)


def parts():
    return native.load()


def layered():
    told = parts()
    db, controller = told.span_part("db"), told.span_part("controller")
    outer = told.span_begin(controller)
    for number in range(6):
        ask(db, f"SELECT * FROM item WHERE id = {number}", rows=1)
    ask(db, 'SELECT "hunter2"', failed=True, mysql=True)
    ask(told.span_part("http_client"), "https://user:pw@other.example/api?key=hunter2", status=502)
    begun = time.monotonic_ns()
    time.sleep(0.02)
    told.span(told.span_part("gc"), "generation 2", time.monotonic_ns() - begun)
    time.sleep(0.02)
    told.span_end(outer, controller, "default/index")
    told.set_queue_time(7_000_000)


def many():
    db = parts().span_part("db")
    for number in range(1000):
        ask(db, f"SELECT {number}")


def hostile():
    told = parts()
    db = told.span_part("db")
    ask(db, "SELECT '" + "x" * 1_000_000 + "'")
    ask(db, b"SELECT 'bytes'")
    ask(db, None)
    ask(db, "SELECT '\udcff'")
    ask(200, "of no part")
    told.span_end(4711, db, "never begun")
    told.span(db, "older than the request", 10**15)


def cost():
    """Nanoseconds of a span that is told by itself, so of the first 200: the least of some rounds."""
    told = parts()
    db = told.span_part("db")
    query = "SELECT item.id, item.name FROM item WHERE item.owner = 4711 AND item.name LIKE 'a%'"
    rounds = []
    for _ in range(4):
        begun = time.perf_counter_ns()
        for _ in range(50):
            token = told.span_begin(db)
            told.span_end(token, db, query, 3)
        rounds.append((time.perf_counter_ns() - begun) / 50)
    return str(min(rounds))


def application(environ, start_response):
    work = {"/layered": layered, "/many": many, "/hostile": hostile, "/cost": cost}
    path = environ["PATH_INFO"]
    if path.startswith("/wait/"):
        time.sleep(float(path.removeprefix("/wait/")))
    text = work.get(path, lambda: None)()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [(text or "ok").encode()]
