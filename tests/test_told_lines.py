"""Every line with its request: what is logged and printed, in real servers."""

import sys
from pathlib import Path

import pytest
import servers
from told import lines, messages, request_on
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent


class Plain:
    root = HERE


def gunicorn(port):
    options = ["--workers", "1", "--threads", "4", "--no-control-socket"]
    bind = ["--bind", f"127.0.0.1:{port}", "telling_wsgi:application"]
    return [sys.executable, "-m", "gunicorn", *options, *bind]


def start(serve, **environment):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(servers.COMMANDS, "telling", gunicorn)
        return serve("telling", Plain, environment={"HAECHI_APP": "shop", **environment})


@pytest.fixture(scope="module")
def server(module_serve):
    return start(module_serve)


@pytest.fixture(scope="module")
def haechi(server):
    return Visitor(server.dashboard)


def test_all_that_a_request_tells_is_shown_together_in_order(server, haechi):
    assert server.visitor.get("/together").status == 200
    whole = request_on(haechi, "/together", 7)
    assert lines(whole) == [
        ("INFO", "stdout", "first-1"),
        ("INFO", "shop.orders", "second"),
        ("WARN", "stderr", "third"),
        ("ERROR", "shop.orders", "fifth"),
        ("INFO", "shop.orders", "between the pieces"),
        ("INFO", "stdout", "sixth"),
        ("INFO", "stdout", "left without an end"),
    ]
    times = [line["time"] for line in whole["logs"]]
    assert times == sorted(times)
    (exception,) = whole["exceptions"]
    assert exception["type"] == "KeyError"
    assert times[2] <= exception["time"] <= times[4]
    for line in whole["logs"]:
        assert (line["app"], line["request_id"]) == ("shop", whole["id"])
    assert all(line["file"].endswith("telling_wsgi.py") for line in whole["logs"][:-1])
    assert "fourth" in whole["logs"][3]["exception"]


def test_what_a_logging_handler_prints_is_one_line_and_its_complaint_another(server, haechi):
    assert server.visitor.get("/handlers").status == 200
    whole = request_on(haechi, "/handlers", 3)
    told = lines(whole)
    assert told.count(("WARN", "shop.orders", "a line that a handler prints")) == 1
    assert not [line for line in told if "CONSOLE" in line[2]]
    assert server.error.count("CONSOLE a line that a handler prints") == 1
    assert ("WARN", "shop.orders", "no %d") in told
    assert ("WARN", "stderr", "--- Logging error ---") in told
    assert any(logger == "stderr" and "TypeError" in message for _, logger, message in told)


def test_a_warning_is_told_with_its_request(server, haechi):
    assert server.visitor.get("/warned").status == 200
    told = lines(request_on(haechi, "/warned", 1))
    assert any(logger == "stderr" and "something is old" in line for _, logger, line in told)


def test_hostile_extras_and_arguments_cost_the_app_nothing(server, haechi):
    assert server.visitor.get("/hostile").status == 200
    whole = request_on(haechi, "/hostile", 6)
    told = [message for _, logger, message in lines(whole) if logger == "shop.orders"]
    assert told[:4] == [
        "hostile extras",
        "hostile thousand",
        "hostile keys",
        "hostile message refused by logging",
    ]
    assert any("argument" in message for message in told)
    assert any("huge" in message for message in told)


def test_no_secret_reaches_the_disk(server, haechi):
    assert server.visitor.get("/secrets").status == 200
    request_on(haechi, "/secrets", 2)
    stored = [path.read_bytes() for path in server.data.rglob("*") if path.is_file()]
    assert any(b"secrets by name" in content for content in stored)
    for secret in ("a", "b", "c", "d"):
        assert not any(f"hunter2-{secret}".encode() in content for content in stored), secret
    assert not any(b"AKIAIOSFODNN7EXAMPLE" in content for content in stored)


def test_without_output_only_log_lines_are_recorded(serve):
    server = start(serve, HAECHI_OUTPUT="off")
    haechi = Visitor(server.dashboard)
    assert server.visitor.get("/together").status == 200
    whole = request_on(haechi, "/together", 3)
    assert {logger for _, logger, _ in lines(whole)} == {"shop.orders"}
    assert {line["logger"] for line in messages(haechi)} & {"stdout", "stderr"} == set()
    assert "third" in server.error


@pytest.fixture(scope="module")
def web2py(module_serve, module_site):
    module_site.controller("your_app", "telling", (HERE / "telling_controller.py").read_text())
    return module_serve("rocket", module_site)


def test_a_print_in_a_controller_has_app_route_and_request(web2py, module_site):
    haechi = Visitor(web2py.dashboard)
    assert web2py.visitor.get("/your_app/telling/index/anna").status == 200
    whole = request_on(haechi, "/telling/index/anna", 2)
    assert lines(whole) == [
        ("INFO", "stdout", "printed in a controller anna"),
        ("INFO", "web2py.app.your_app", "logged with anna"),
    ]
    for line in whole["logs"]:
        assert (line["app"], line["route"]) == ("your_app", "telling/index")
        assert line["file"].endswith("controllers/telling.py")
    log = module_site.log("your_app").read_text()
    assert log.count("logged with anna") == 1
    assert "printed" not in log and "page" not in log


def test_a_traceback_of_a_thread_is_one_line(web2py):
    haechi = Visitor(web2py.dashboard)
    assert web2py.visitor.get("/your_app/telling/thread").status == 200

    def told():
        return [line for line in messages(haechi) if line["message"] == "ValueError: in a thread"]

    (line,) = until(told, what="the traceback")
    assert (line["level"], line["logger"]) == ("ERROR", "stderr")
    assert line["exception"].startswith("Traceback (most recent call last):")
    assert "in fail" in line["exception"]
