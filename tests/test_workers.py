"""How full real servers are: busy of those there, memory, CPU, age, and how many ended."""

import json
import os
import signal
import threading

from visitor import Visitor
from waiting import until

APP = "your_app"
BURN = """
import os
import time

def burn():
    end = time.process_time() + float(request.args(0))
    while time.process_time() < end:
        pass
    return str(os.getpid())
"""


def workers(server) -> dict:
    answer = Visitor(server.dashboard).get(f"/api/workers?app={APP}")
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def numbers(server) -> dict:
    apps = workers(server)["apps"]
    return apps[0] if apps else {}


def test_busy_workers_are_told_from_those_there_and_ended_ones_are_counted(serve, site):
    server = serve("gunicorn", site)
    visit = server.visitor.get

    def both_known():
        visit(f"/{APP}/probe/ok")
        return numbers(server).get("workers") == 2

    until(both_known, 30, "both workers to have had a request")
    first = workers(server)
    assert first["apps"] == [{"app": APP, "workers": 2, "busy": 0, "in_flight": 0, "ended": 0}]
    for worker in first["workers"]:
        assert worker["memory_bytes"] > 1_000_000 and worker["cpu_s"] > 0
        assert 0 < worker["age_s"] < 600 and APP in worker["apps"]

    slow = [threading.Thread(target=visit, args=(f"/{APP}/probe/slow/4",)) for _ in range(2)]
    for one in slow:
        one.start()
    until(lambda: numbers(server)["in_flight"] == 2, 10, "both requests in flight")
    assert numbers(server)["busy"] in (1, 2)
    assert numbers(server)["busy"] == sum(one["busy"] for one in workers(server)["workers"])
    for one in slow:
        one.join()

    killed = int(visit(f"/{APP}/probe/pid").text)
    os.kill(killed, signal.SIGKILL)
    until(lambda: numbers(server)["ended"] == 1, 15, "the end to be counted")
    until(both_known, 30, "the one that took its place")
    after = workers(server)
    assert killed not in [worker["pid"] for worker in after["workers"]]
    assert after["apps"][0]["ended"] == 1
    metrics = Visitor(server.dashboard).get("/metrics").text
    assert f'haechi_app_workers_ended_total{{app="{APP}"}} 1' in metrics.splitlines()


def test_a_worker_that_burns_cpu_is_seen_to(serve, site):
    site.controller(APP, "burning", BURN)
    server = serve("rocket", site)
    assert server.visitor.get(f"/{APP}/probe/ok").status == 200
    workers(server)
    burning = threading.Thread(target=server.visitor.get, args=(f"/{APP}/burning/burn/3",))
    burning.start()

    def share():
        return workers(server)["workers"][0]["cpu_share"]

    # a machine that is shared gives it less than a whole CPU
    until(lambda: (share() or 0) > 0.2, 30, "a share of a CPU")
    burning.join()
    assert workers(server)["workers"][0]["cpu_s"] >= 3
    until(lambda: share() < 0.2, 30, "it to be idle again")
