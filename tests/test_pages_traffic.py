"""Who visits and what they take, on the page Traffic: users, static files; in both languages."""

import sys
from pathlib import Path
from urllib.parse import quote

import hostile
import pytest
import servers
from browsing import broken_rules, dashboard, number
from playwright.sync_api import expect
from serving import Asked
from waiting import until

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}
PROGRAM = Path(__file__).resolve().parent / "visited_wsgi.py"
PHONE, DESK = {"width": 375, "height": 800}, {"width": 1280, "height": 900}
ENGLISH = ("en-GB", "light", DESK, ("Static files", "Signed-in users"))
KOREAN = ("ko-KR", "dark", PHONE, ("정적 파일", "로그인한 사용자"))


class Here:
    """A folder to run in, in the place of a web2py site."""

    root = PROGRAM.parent


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    """A web2py app with users and static files, and a program of no known framework beside it."""
    made = module_serve("rocket", module_site)
    for _ in range(3):
        assert made.visitor.get("/your_app/static/hello.txt", FIREFOX).status == 200
    assert made.visitor.get("/your_app/static/missing.css", FIREFOX).status == 404
    for user, times in (("7", 1), ("8", 3)):
        answer = made.visitor.get(f"/your_app/probe/sign_in/{user}", FIREFOX)
        cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        for _ in range(times):
            assert made.visitor.get("/your_app/probe/ok", {**FIREFOX, **cookie}).status == 200
    until(lambda: Asked(made).ask("/api/visits")["requests"] == 10, what="web2py's requests")
    return made


@pytest.fixture(scope="module")
def program(server, module_serve):
    """The program's visitor; what it records goes where web2py's does."""
    servers.COMMANDS["visited"] = lambda port: [sys.executable, str(PROGRAM), str(port)]
    environment = {"HAECHI_APP": "visited"}
    made = module_serve("visited", Here, data=server.data, server=False, environment=environment)
    return made.visitor


def test_users_and_static_files_are_counted_for_any_range(server):
    asked = Asked(server)
    for span in ("-1h", "-7d", "-365d"):
        found = asked.ask(f"/api/visits?app=your_app&from={span}")
        users = [(row["name"], row["requests"], row["by_programs"]) for row in found["users"]]
        assert users == [("8", 4, 0), ("7", 2, 0)], span
        static = [(row["name"], row["requests"]) for row in found["static_files"]]
        assert static == [("/your_app/static/hello.txt", 3)], span
        # the same file that was sent three times
        assert found["static_files"][0]["bytes_out"] == 3 * 600


@pytest.mark.parametrize("locale,scheme,size,titles", (ENGLISH, KOREAN), ids=("english", "korean"))
def test_users_and_static_files_lead_to_their_requests(look, server, locale, scheme, size, titles):
    page = look(locale=locale, color_scheme=scheme, viewport=size)
    page.goto(dashboard(server, "#/traffic?app=your_app"))
    users, files = page.get_by_test_id("visits-users"), page.get_by_test_id("visits-static-files")
    expect(users.locator("tbody tr")).to_have_count(2)
    expect(files.locator("tbody tr")).to_have_count(1)
    for title in titles:
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert not broken_rules(page)
    overhang = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overhang) == 0
    users.get_by_role("link", name="8").click()
    rows = page.get_by_test_id("requests-table").locator("tbody tr")
    expect(rows).to_have_count(4)
    page.go_back()
    files.get_by_role("link").click()
    expect(rows).to_have_count(3)


def test_files_of_an_app_that_does_not_tell_them_are_known_by_their_names(server, program):
    for path in ("/assets/app.css", "/assets/app.css", "/assets/logo.PNG", "/list.json", "/item/7"):
        assert program.get(path, FIREFOX).status == 200
    asked = Asked(server)

    def counted():
        found = asked.ask("/api/visits?app=visited")
        return found if found["requests"] == 5 else None

    found = until(counted, what="the program's requests")
    static = {row["name"]: row["requests"] for row in found["static_files"]}
    assert static == {"/assets/app.css": 2, "/assets/logo.PNG": 1}


def test_hostile_users_and_file_names_stay_texts(watched, page, server, program):
    for text in hostile.TEXTS:
        head = {**FIREFOX, "X-User": text}
        assert program.get(f"/{quote(text, safe='')}.css", head).status == 200
    asked = Asked(server)
    enough = len(hostile.TEXTS)
    until(lambda: len(asked.ask("/api/visits?app=visited")["users"]) >= enough - 5, what="them all")
    page.goto(dashboard(server, "#/traffic?app=visited"))
    until(lambda: number(page, "visits-users") >= enough - 5, what="the users to be shown")
    # a button that was pressed is none of them any more
    folded = page.locator("main button[aria-expanded=false]")
    while folded.count() > 0:
        folded.first.click()
    seen = "<script>window.canary=1</script>"
    expect(page.get_by_test_id("visits-users")).to_contain_text(seen)
    expect(page.get_by_test_id("visits-static-files")).to_contain_text(f"/{seen}.css")
    page.get_by_test_id("visits-users").get_by_role("link", name=seen, exact=True).click()
    expect(page.get_by_test_id("requests-table").locator("tbody tr")).to_have_count(1)
    watched.look()
    assert not watched.wrong
