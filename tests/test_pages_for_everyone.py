"""The pages as everyone can use them: by phone, in the dark, in two languages, without eyes."""

import pytest
from browsing import broken_rules, dashboard
from playwright.sync_api import expect
from serving import Asked
from waiting import until

PHONE = {"width": 375, "height": 800}
DESK = {"width": 1280, "height": 900}
# as a newer server may refuse
UNKNOWN = {"error": {"code": "store_failed", "field": None, "message": "cannot fold a leaf"}}


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    """A web2py app that was visited, logged and failed."""
    (module_site.app("your_app") / "VERSION").write_text("1.0")
    made = module_serve("rocket", module_site)
    for number in range(12):
        made.visitor.get(f"/your_app/probe/lines/{number}/2")
        made.visitor.get("/your_app/probe/item")
    made.visitor.get("/your_app/probe/boom")
    made.visitor.get("/your_app/probe/other_loggers")
    return made


@pytest.fixture(scope="module")
def places(server):
    """Every page there is, by its name."""
    asked = Asked(server)

    def found(path, key):
        return asked.ask(path)[key]

    until(lambda: len(found("/api/requests", "requests")) >= 26, what="the requests in the store")
    until(lambda: found("/api/issues", "issues"), what="the issue in the store")
    request = found("/api/requests?status=5xx", "requests")[0]["id"]
    issue = found("/api/issues", "issues")[0]["id"]
    event = asked.ask(f"/api/issues/{issue}")["latest"]["id"]
    line = found("/api/logs?level=warn", "logs")[0]
    return {
        "overview": "",
        "routes": "#/routes",
        "route": "#/routes/probe%2Flines?method=GET&of=your_app&compare=day",
        "requests": "#/requests",
        "request": f"#/requests/{request}",
        "running": "#/running",
        "workers": "#/workers",
        "queries": "#/queries",
        "releases": "#/releases",
        "logs": "#/logs",
        "stored logs": "#/logs?live=off",
        "patterns": "#/logs?view=patterns",
        "around a line": f"#/logs?live=off&around={line['id']}&at={line['time']}",
        "issues": "#/issues",
        "issue": f"#/issues/{issue}",
        "event": f"#/events/{event}",
        "traffic": "#/traffic",
        "status": "#/status",
    }


def settle(page):
    """Waits until nothing on the page says that it is being loaded."""
    page.wait_for_function(
        """() => document.querySelectorAll("main .card").length > 0
            && !/Loading…|불러오는 중…/.test(document.querySelector("main").innerText)"""
    )
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def show(page, server, place):
    page.goto("about:blank")
    page.goto(dashboard(server, place))
    settle(page)


@pytest.mark.parametrize("scheme,size,locale", (("light", DESK, "en-GB"), ("dark", PHONE, "ko-KR")))
def test_no_page_breaks_a_rule_of_accessibility(look, server, places, scheme, size, locale):
    page = look(color_scheme=scheme, viewport=size, locale=locale)
    broken = []
    for name, place in places.items():
        show(page, server, place)
        broken += [f"{name}: {rule}" for rule in broken_rules(page)]
    assert not broken, "\n".join(broken)


def test_the_help_overlay_and_the_open_parts_break_no_rule_either(look, server, places):
    page = look(viewport=DESK)
    show(page, server, places["route"])
    page.get_by_test_id("chart-as-table").first.click(force=True)
    page.get_by_test_id("range-custom").click()
    broken = broken_rules(page)
    page.get_by_test_id("search-box").fill("nothing has this id")
    expect(page.get_by_test_id("search-results").get_by_role("link")).to_have_count(2)
    # it covers a part of the page for as long as it is open
    broken += broken_rules(page, "[role=search]")
    page.get_by_test_id("search-box").fill("")
    page.get_by_test_id("keys-open").click()
    broken += broken_rules(page)
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("locale", ("en-GB", "ko-KR"))
def test_the_head_is_one_row_on_a_desk_and_two_on_less(look, server, locale):
    rows = """() => new Set([...document.querySelectorAll("header .row > *")].map((one) => {
        const box = one.getBoundingClientRect();
        return Math.round((box.top + box.bottom) / 20);
    })).size"""
    page = look(viewport=DESK, locale=locale)
    show(page, server, "")
    for width, expected in (
        (1440, 1),
        (1280, 1),
        (1200, 1),
        (1100, 1),
        (1000, 1),
        (960, 2),
        (800, 2),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(rows) == expected, width
        nav = page.locator("header nav")
        hidden = nav.evaluate("(nav) => nav.scrollWidth - nav.clientWidth")
        assert hidden <= 0, f"{hidden} px of the pages' names cannot be seen at {width}"


# what reaches farthest to the right
FARTHEST = """() => [...document.querySelectorAll("body *")]
    .map((one) => [one.getBoundingClientRect().right, one.tagName, one.className, one.innerText])
    .sort((a, b) => b[0] - a[0]).slice(0, 4).join(" | ")"""


@pytest.mark.parametrize("locale", ("en-GB", "ko-KR"))
def test_nothing_is_cut_at_a_phones_size(look, server, places, locale):
    page = look(viewport=PHONE, locale=locale)
    beyond = """() => [...document.querySelectorAll("body *")].filter((one) => {
        const box = one.getBoundingClientRect();
        if (box.width === 0 || box.right <= innerWidth + 1) return false;
        // what scrolls in a box of its own is not cut
        for (let up = one; up !== null; up = up.parentElement)
            if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return false;
        return !one.closest(".unseen, .ellipsis, .u-wrap");
    }).map((one) => one.tagName + "." + one.className)"""
    for name, place in places.items():
        show(page, server, place)
        wide = page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert wide, f"{name}: {page.evaluate(FARTHEST)}"
        assert page.evaluate(beyond) == [], name
        current = page.locator("header nav [aria-current]")
        if current.count() == 1:
            box = current.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"], name


def test_every_page_speaks_the_language_of_the_browser(look, server, places):
    page = look(locale="ko-KR", viewport=DESK)
    for name, place in places.items():
        show(page, server, place)
        assert page.evaluate("document.documentElement.lang") == "ko"
        heading = page.locator("h1").first.inner_text()
        nav = page.locator("header nav").inner_text()
        assert "개요" in nav and "Overview" not in nav, name
        assert heading, name
    show(page, server, "")
    expect(page.locator("main")).to_contain_text("초당 요청")
    expect(page.get_by_test_id("connection-state")).to_contain_text("실시간")


def test_what_the_server_refuses_is_told_in_the_language_of_the_browser(browser, server):
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.goto(dashboard(server, "#/logs?live=off&q=level:loud"))
    mistake = page.get_by_test_id("search-mistake")
    expect(mistake).to_contain_text("7번째 글자")
    expect(mistake).not_to_contain_text("must be")
    # what has no Korean words is told by its kind, with the server's own words marked as English
    page.route("**/api/routes*", lambda route: route.fulfill(status=500, json=UNKNOWN))
    page.goto(dashboard(server, "#/routes"))
    failure = page.locator("main [role=alert]").first
    expect(failure).to_contain_text("저장소를 읽거나 쓰지 못했습니다")
    expect(failure.locator("[lang=en]")).to_have_text(UNKNOWN["error"]["message"])
    page.unroute_all(behavior="wait")
    page.goto(dashboard(server, "#/issues"))
    page.get_by_test_id("issues-table").get_by_role("link").first.click()
    expect(page.get_by_test_id("issue-reason")).to_contain_text("같은 이슈로 묶은 까닭")
    expect(page.get_by_test_id("issue-reason")).not_to_contain_text("same because")
    context.close()


def test_the_language_that_was_chosen_is_remembered(look, server):
    page = look(locale="fr-FR", viewport=DESK)
    show(page, server, "#/routes")
    expect(page.locator("h1")).to_have_text("Routes")
    page.get_by_test_id("language-ko").click()
    expect(page.locator("h1")).to_have_text("라우트")
    show(page, server, "#/routes")
    expect(page.locator("h1")).to_have_text("라우트")
    page.get_by_test_id("language-en").click()
    expect(page.locator("h1")).to_have_text("Routes")


def test_numbers_and_times_are_written_as_the_language_writes_them(look, server, places):
    shown = {}
    for locale in ("en-GB", "ko-KR"):
        page = look(locale=locale, viewport=DESK)
        show(page, server, places["request"])
        shown[locale] = page.get_by_test_id("request-fields").inner_text()
    assert "년" in shown["ko-KR"] and "월" in shown["ko-KR"]
    assert "년" not in shown["en-GB"]


def test_dark_and_light_follow_the_system_also_in_charts(look, server):
    brightness = """() => {
        const [r, g, b] = getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g);
        return +r + +g + +b;
    }"""
    # the colour the axis is drawn in: the brightest or darkest dot of the labels' corner
    axis = """() => {
        const canvas = document.querySelector("main canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, 70, canvas.height);
        let sum = 0, dots = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) {
            sum += data[i] + data[i + 1] + data[i + 2];
            dots += 1;
        }
        return dots > 20 ? sum / dots : -1;
    }"""
    page = look(color_scheme="light", viewport=DESK)
    show(page, server, "")
    until(lambda: page.evaluate(axis) >= 0, what="labels on the axis")
    light, light_axis = page.evaluate(brightness), page.evaluate(axis)
    page.emulate_media(color_scheme="dark")
    until(lambda: page.evaluate(brightness) < 200, what="a dark page")
    until(lambda: page.evaluate(axis) > light_axis + 100, what="light labels on the dark chart")
    assert light > 600
