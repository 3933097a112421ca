"""The example app and `make run`: what a newcomer sees first."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import whole
from servers import clean_environment, free_port, listens
from sites import Site, add_app, build_site
from visitor import Visitor
from waiting import until

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("index", "items", "item/7", "checkout", "report", "download", "stats", "stats.json")


@pytest.fixture
def shop(serve, tmp_path):
    site = Site(build_site(tmp_path / "site"))
    add_app(site.root, "your_app", ROOT / "examples" / "your_app")
    return serve("rocket", site).visitor, site


def test_every_page_of_the_example_answers(shop):
    visitor, site = shop
    for page in PAGES:
        assert visitor.get(f"/your_app/default/{page}").status == 200, page
    assert visitor.get("/your_app/static/shop.css").status == 200
    assert visitor.get("/your_app/default/item/404").status == 404
    assert visitor.get("/your_app/default/broken").status == 500
    assert any("showing 12 items" in line for line in site.log_lines("your_app"))


def test_a_refused_payment_is_a_kind_word_and_a_traceback_in_the_log(shop):
    visitor, site = shop

    def refused():
        answer = visitor.get("/your_app/default/checkout", method="POST")
        assert answer.status == 200
        return "try again" in answer.text

    until(refused, 30, "one payment in five to be refused")
    log = site.log("your_app").read_text()
    assert "payment failed: no cover for" in log
    assert "PaymentRefused" in log and "Traceback" in log


def test_the_page_that_asks_for_every_order_is_pointed_out_and_its_twin_is_not(serve, tmp_path):
    site = Site(build_site(tmp_path / "site"))
    folder = add_app(site.root, "your_app", ROOT / "examples" / "your_app")
    server = serve("rocket", site)
    haechi = Visitor(server.dashboard)
    slow, quick = "/your_app/orders/one_by_one", "/your_app/orders/at_once"
    assert server.visitor.get(quick).status == 200  # it fills the database
    pages = [server.visitor.get(path).text for path in (slow, quick)]
    assert pages[0] == pages[1] and pages[0].count("<tr>") == 24
    request = whole(haechi, slow)
    (repeat,) = request["repeats"]
    path = folder / "controllers" / "orders.py"
    assert (repeat["count"], repeat["file"]) == (24, str(path))
    assert "db.customer(" in path.read_text().splitlines()[repeat["line"] - 1]
    assert repeat["saves_ms"] == pytest.approx(repeat["total_ms"] * 23 / 24, abs=0.002)
    assert whole(haechi, quick)["repeats"] == []
    routes = haechi.get("/api/queries?app=your_app&sort=calls").json()["queries"]
    row = next(row for row in routes if row["query"] == repeat["query"])
    assert row["repeats"] >= 1 and row["repeated"] >= 24


@pytest.fixture
def run_folder(tmp_path):
    """A folder for `make run` whose web2py is the one of the tests: nothing to install."""
    folder = tmp_path / "run"
    (folder / "venv" / "bin").mkdir(parents=True)
    python = folder / "venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    kit = ROOT / "scripts" / "web2py-kit.txt"
    (folder / "venv" / "kit.txt").write_text(kit.read_text())
    return folder


def make_run(binary, folder, port, dashboard, **more):
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "run.py")],
        env=clean_environment(
            HAECHI_BINARY=str(binary),
            RUN_FOLDER=str(folder),
            PORT=str(port),
            DASHBOARD_PORT=str(dashboard),
            **more,
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_make_run_prints_addresses_that_answer_and_ctrl_c_stops_all_of_it(
    haechi_binary, run_folder
):
    port, dashboard = free_port(), free_port()
    process = make_run(haechi_binary, run_folder, port, dashboard)
    try:
        said = [process.stdout.readline() for _ in range(4)]
        addresses = [line.split()[-1] for line in said[:3]]
        assert addresses == [
            f"http://127.0.0.1:{port}/your_app",
            f"http://127.0.0.1:{port}/your_app/stats",
            f"http://127.0.0.1:{dashboard}/",
        ], said
        assert Visitor(port).get("/your_app/stats").status == 200
        assert Visitor(dashboard).get("/").status == 200
        look = Visitor(port)

        def visited():
            numbers = look.get("/your_app/stats.json").json()
            return numbers["requests"]["total"] > sum(look.sent.values()) + 5

        until(visited, what="visitors to come by themselves")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert not listens(port) and not listens(dashboard)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("name", ("PORT", "DASHBOARD_PORT"))
def test_make_run_says_in_one_line_that_a_port_is_taken(haechi_binary, run_folder, name):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"PORT": free_port(), "DASHBOARD_PORT": free_port()}
        ports[name] = taken.getsockname()[1]
        process = make_run(haechi_binary, run_folder, ports["PORT"], ports["DASHBOARD_PORT"])
        _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert len(error.splitlines()) == 1
    assert f"port {ports[name]}" in error and f"make run {name}=" in error


def test_make_run_says_in_one_line_that_nothing_is_built(run_folder):
    process = make_run(run_folder / "no-haechi", run_folder, free_port(), free_port())
    _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert error.splitlines() == ["make run: dist/bin/haechi is not built; run `make build` first"]
    assert os.listdir(run_folder) == ["venv"]
