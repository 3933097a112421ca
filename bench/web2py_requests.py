"""What watching adds to the smallest request of a real web2py."""

import statistics
import sys

from figures import Section, row_of
from programs import MEASURED, ROOT, json_of, peers_python, plain_environment, scratch, watched

sys.path.insert(0, str(ROOT / "scripts"))

import web2py_site

LIMIT_PERCENT = 1.0
OK = "/bare_app/boom/ok"


def measure(options) -> Section:
    rounds, turns, batches = (3, 100, 10) if options.quick else (12, 300, 10)
    python, site = peers_python(), build_site()
    shares, added, stock, least = [], [], [], []
    for _ in range(rounds):
        found = call(python, site, OK, turns, True, "both")
        plain, more = found["stock"], found["watched"] - found["stock"]
        shares.append(100 * more / plain)
        added.append(more)
        stock.append(plain)
        least.append(found["least"] - plain)
    apart = [
        [
            statistics.median(call(python, site, OK, batches, is_watched)["us"])
            for is_watched in order
        ]
        for order in [(False, True)] * rounds
    ]
    between = [100 * (with_us - without) / without for without, with_us in apart]
    return Section(
        "web2py",
        "Added to a request: web2py, an action that returns 'ok'",
        [
            row_of("added by haechi, of the request", shares, "%", LIMIT_PERCENT),
            row_of("the same in time", added, "µs"),
            row_of("added by a wrapper that sets a context variable, no more", least, "µs"),
            row_of("stock request", stock, "µs"),
            row_of("added between separate processes", between, "%"),
        ],
        f"{rounds} fresh processes under `haechi run`, in each the hooks are taken out and put in "
        f"again {turns} times; lower quartiles of single requests. The last row compares {rounds} pairs of "
        "processes instead, stock and watched: two runs of stock web2py alone differ by as much. "
        "web2py-gluon 2.26.1.",
    )


def build_site():
    site = web2py_site.build_site(scratch("web2py-site"))
    app = web2py_site.add_app(site, "bare_app")
    (app / "controllers" / "boom.py").write_text("def ok():\n    return 'ok'\n")
    return site


def call(python, site, path: str, number: int, is_watched: bool, *more: str) -> dict:
    command = [python, MEASURED / "web2py_call.py", site, path, number, *more]
    if is_watched:
        command = watched(scratch("web2py-data"), command)
    return json_of(command, env=plain_environment(), cwd=site)
