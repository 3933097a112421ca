"""`current.logger` and what else reaches the app's own log file, in real web2py."""

import re
from collections import Counter

import pytest
from servers import SERVERS

LINE = re.compile(r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d+\S* (\d+) (\w+) ")


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    return module_serve("rocket", module_site)


@pytest.fixture(scope="module")
def visitor(server):
    return server.visitor


def test_a_line_has_time_pid_level_route_and_text(visitor, module_site):
    assert visitor.get("/log_app/default/index").status == 200
    line = module_site.log_lines("log_app")[-1]
    assert LINE.match(line), line
    assert LINE.match(line).group(2) == "INFO"
    assert "default/index" in line


def test_a_caught_exception_is_logged_with_its_traceback_and_without_an_import(
    visitor, module_site
):
    answer = visitor.get("/failing_app/default/index")
    assert answer.status == 200
    assert "Sorry" in answer.text or "error" in answer.text
    log = module_site.log("failing_app").read_text()
    assert "ERROR" in log and "division by zero" in log
    assert "Traceback (most recent call last)" in log and "ZeroDivisionError" in log
    assert "controllers/default.py" in log


def test_every_promised_logger_reaches_the_same_file(visitor, module_site):
    assert visitor.get("/your_app/probe/other_loggers").status == 200
    log = module_site.log("your_app").read_text()
    for text in ("through gluon.tools", "through logging", "a warning"):
        assert log.count(text) == 1


def test_an_apps_own_logger_wins(visitor, module_site):
    assert visitor.get("/your_app/probe/own_logger").text == "the.apps.own"
    assert "to my own logger" not in "".join(module_site.log_lines("your_app"))


def test_no_line_is_twice_on_the_console_and_info_stays_off_it(server, module_site):
    server.visitor.get("/failing_app/default/index")
    server.visitor.get("/log_app/default/index")
    lines = Counter(line for line in server.error.splitlines() if "web2py.app" in line)
    asked = server.visitor.sent["failing_app"]
    assert sum(n for line, n in lines.items() if "division by zero" in line) == asked
    assert not any("log_app" in line for line in lines)


def test_a_logging_setup_that_disables_loggers_does_not_end_the_log(visitor, module_site):
    assert visitor.get("/your_app/probe/disabled_logger").status == 200
    assert visitor.get("/your_app/probe/lines/mended/1").status == 200
    assert any("line mended 0" in line for line in module_site.log_lines("your_app"))


@pytest.mark.parametrize("kind", SERVERS)
def test_lines_of_many_processes_and_threads_are_whole_and_once(serve, site, kind):
    visitor = serve(kind, site).visitor
    paths = [f"/your_app/probe/lines/r{number}/25" for number in range(40)]
    assert all(answer.status == 200 for answer in visitor.crowd(paths))
    whole = re.compile(r"line (r\d+) (\d+) x{300}$")
    seen = Counter()
    for line in site.log_lines("your_app"):
        assert LINE.match(line), line
        found = whole.search(line)
        assert found, line
        seen[found.groups()] += 1
    assert len(seen) == 40 * 25
    assert set(seen.values()) == {1}


def test_log_lines_are_not_packed_with_the_app(visitor, module_site):
    visitor.get("/your_app/probe/lines/packed/1")
    assert module_site.log("your_app").exists()
    names = visitor.get("/your_app/probe/pack").text.split()
    assert any(name.endswith("controllers/probe.py") for name in names)
    assert not any(name.startswith("logs/") for name in names)
