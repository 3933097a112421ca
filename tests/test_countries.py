"""Countries, by a table of addresses the operator gives: counted, shown by name, or told of."""

import json
import subprocess
from pathlib import Path

import country_table
import pytest
from browsing import broken_rules, dashboard
from playwright.sync_api import expect
from servers import clean_environment
from serving import Asked, Serving
from waiting import until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
# addresses, as the proxy on this machine tells them, and how often they come
CAME = {
    **{"203.0.113.9": 3, "2001:db8:82::1": 1, "198.51.100.200": 2},
    **{"192.0.2.1": 1, "10.0.0.4": 1},
}
COUNTED = {"KR": 4, "FR": 2, "unknown": 1, "local": 1}
PHONE, DESK = {"width": 375, "height": 800}, {"width": 1280, "height": 900}
ENGLISH = ("en-GB", "light", DESK, "Countries", ("South Korea", "France", "private networks"))
KOREAN = ("ko-KR", "dark", PHONE, "국가", ("대한민국", "프랑스", "사설망"))


def folder_with(path: Path, table: "str | Path") -> Path:
    """A data folder whose settings name a table."""
    path.mkdir(mode=0o700, parents=True)
    (path / "haechi.toml").write_text(f"[traffic]\ncountries = {json.dumps(str(table))}\n")
    return path


@pytest.fixture(scope="module")
def server(module_serve, module_site, tmp_path_factory):
    """A web2py app behind a proxy, visited from several countries."""
    data = folder_with(tmp_path_factory.mktemp("countries") / "data", "small.mmdb")
    # named as from the data folder on
    country_table.write(data / "small.mmdb")
    made = module_serve("rocket", module_site, data=data)
    for address, times in CAME.items():
        for _ in range(times):
            head = {"User-Agent": FIREFOX, "X-Forwarded-For": address}
            assert made.visitor.get("/your_app/probe/ok", head).status == 200
    sent = sum(CAME.values())
    until(lambda: Asked(made).ask("/api/visits")["requests"] == sent, what="all requests")
    return made


def test_countries_are_counted_for_any_range(server):
    asked = Asked(server)
    for span in ("-1h", "-7d", "-365d"):
        found = asked.ask(f"/api/visits?from={span}")
        assert found["counts_countries"] == "on"
        assert {row["name"]: row["requests"] for row in found["countries"]} == COUNTED, span
        assert all(row["bytes_out"] == 2 * row["requests"] for row in found["countries"])
    told = asked.ask("/api/status")["countries"]
    assert (told["kind"], told["trouble"]) == ("Test-Country", None)
    assert told["bytes"] == (server.data / "small.mmdb").stat().st_size


@pytest.mark.parametrize("locale,scheme,size,title,names", (ENGLISH, KOREAN), ids=("en", "ko"))
def test_the_page_calls_countries_by_their_names(look, server, locale, scheme, size, title, names):
    page = look(locale=locale, color_scheme=scheme, viewport=size)
    page.goto(dashboard(server, "#/traffic"))
    table = page.get_by_test_id("visits-countries")
    expect(table.locator("tbody tr")).to_have_count(4)
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    for name in names:
        expect(table).to_contain_text(name)
    expect(table).to_contain_text("50 %")
    # requests cannot be filtered by country
    expect(table.get_by_role("link")).to_have_count(0)
    assert not broken_rules(page)
    overhang = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overhang) == 0
    page.goto(dashboard(server, "#/status"))
    expect(page.get_by_test_id("status-countries")).to_contain_text("Test-Country")


@pytest.mark.parametrize("table", ("missing.mmdb", "damaged.mmdb"))
def test_a_table_that_cannot_be_used_is_told_of_and_all_else_goes_on(
    haechi_binary, tmp_path, watched, page, table
):
    data = folder_with(tmp_path / "data", tmp_path / table)
    whole = country_table.write(tmp_path / "whole.mmdb").read_bytes()
    (tmp_path / "damaged.mmdb").write_bytes(whole[: len(whole) // 2])
    serving = Serving(haechi_binary, data, tmp_path / "serve").start()
    try:
        assert str(tmp_path / table) in serving.errors
        assert "`countries` under [traffic] in haechi.toml" in serving.errors
        trouble = serving.ask("/api/status")["countries"]["trouble"]
        assert trouble in serving.errors
        assert serving.ask("/api/visits")["counts_countries"] == "trouble"
        page.goto(f"http://127.0.0.1:{serving.port}/#/traffic")
        expect(page.get_by_text("The table of addresses cannot be read")).to_be_visible()
        page.goto(f"http://127.0.0.1:{serving.port}/#/status")
        expect(page.get_by_test_id("status-countries")).to_contain_text(str(tmp_path / table))
        command = [str(haechi_binary), "doctor", "--data", str(data), "--json"]
        done = subprocess.run(command, env=clean_environment(), capture_output=True, timeout=60)
        checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
        assert checks["countries"]["state"] == "warn"
        assert table in checks["countries"]["found"]
    finally:
        watched.look()
        serving.stop()
    page.goto("about:blank")
    # the browser complains about a server that is away, and may do so about nothing else
    watched.wrong = [wrong for wrong in watched.wrong if "net::ERR_" not in wrong]


def test_a_table_of_something_else_is_refused_by_its_name(haechi_binary, tmp_path):
    cities = country_table.write(tmp_path / "asn.mmdb", countries={}, kind="Test-ASN")
    data = folder_with(tmp_path / "data", cities)
    command = [str(haechi_binary), "doctor", "--data", str(data)]
    done = subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, timeout=60
    )
    assert "Test-ASN has no countries" in done.stdout


def test_without_a_table_the_page_says_in_one_line_how_to_set_one(haechi_binary, tmp_path, page):
    serving = Serving(haechi_binary, tmp_path / "data", tmp_path / "serve").start()
    try:
        assert serving.ask("/api/visits")["counts_countries"] == "off"
        assert serving.ask("/api/status")["countries"] is None
        page.goto(f"http://127.0.0.1:{serving.port}/#/traffic")
        expect(page.get_by_text("[traffic] countries =")).to_be_visible()
        page.goto("about:blank")
    finally:
        serving.stop()
