"""Where a slow request was, on its page and while it runs: to be seen, read, and reached by keys."""

import browsing
import pytest
import servers
from browsing import broken_rules, dashboard
from playwright.sync_api import expect
from test_samples import Plain, Stuck, gunicorn, line_of
from told import request_on
from visitor import Visitor

VIEWERS = {
    "en-light": {"locale": "en-GB", "color_scheme": "light"},
    "ko-dark": {"locale": "ko-KR", "color_scheme": "dark"},
    "ko-light": {"locale": "ko-KR", "color_scheme": "light"},
    "en-dark": {"locale": "en-GB", "color_scheme": "dark"},
}
# what both pages say in each language
WORDS = {
    "en": {
        "title": "Where it was while it was slow",
        "now": "Its stack now",
        "ended": "It has ended",
        "table": "As a table",
    },
    "ko": {
        "title": "느린 동안 있던 곳",
        "now": "지금의 스택",
        "ended": "끝났습니다",
        "table": "표로 보기",
    },
}


@pytest.fixture(scope="module")
def server(module_serve):
    """A program with planted slow lines, one of which was waited for."""
    with pytest.MonkeyPatch.context() as patch:
        command = gunicorn("--workers", "1", "--threads", "8")
        patch.setitem(servers.COMMANDS, "slow-pages", command)
        environment = {"HAECHI_APP": "shop", "HAECHI_SLOW_MS": "100"}
        return module_serve("slow-pages", Plain, environment=environment)


@pytest.fixture(scope="module")
def slow(server):
    """The id of a request that waited in one line and computed in another."""
    assert server.visitor.get("/wait?1.5").status == 200
    found = request_on(Visitor(server.dashboard), "/wait", 0)
    assert found["samples"]["samples"] > 10
    return found["id"]


@pytest.fixture(params=VIEWERS)
def viewer(request, browser):
    context = browser.new_context(**VIEWERS[request.param])
    made = browsing.Watched(context)
    made.words = WORDS[request.param[:2]]
    yield made
    made.assert_well()
    context.close()


def test_a_slow_request_shows_its_line_and_a_flame_graph_that_keys_lead_through(
    viewer, server, slow
):
    page, line = viewer.page, f"slow_wsgi.py:{line_of('# planted: waiting')}"
    page.goto(dashboard(server, f"#/requests/{slow}"))
    card = page.get_by_test_id("samples")
    expect(card).to_contain_text(viewer.words["title"])
    expect(page.get_by_test_id("top-line")).to_contain_text(line)
    expect(page.get_by_test_id("top-line")).to_contain_text("wait_here")
    graph = page.get_by_test_id("flame-graph")
    expect(graph.locator("button.own", has_text="wait_here")).to_be_visible()
    assert broken_rules(page) == []
    # one of the graph's frames is reached by Tab, the others by arrows
    assert graph.locator("button[tabindex='0']").count() == 1
    graph.locator("button[tabindex='0']").focus()
    chosen = page.get_by_test_id("flame-chosen")
    seen = [chosen.inner_text()]
    for _ in range(graph.locator("button").count()):
        page.keyboard.press("ArrowDown")
        if chosen.inner_text() == seen[-1]:
            break
        seen.append(chosen.inner_text())
    assert any(text.startswith("wait_here") and line in text for text in seen), seen
    callers = graph.locator("button").count()
    assert callers > 1
    page.keyboard.press("Enter")
    expect(graph.locator("button")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(graph.locator("button")).to_have_count(callers)
    # the same as a table, for those who cannot see the graph
    card.get_by_role("button", name=viewer.words["table"]).click()
    row = page.get_by_test_id("code-lines").locator("tbody tr", has_text=line)
    expect(row).to_contain_text("wait_here")
    expect(row).to_contain_text("100 %")
    assert broken_rules(page) == []


def test_the_stack_of_what_runs_is_asked_for_by_a_key_and_leads_to_the_request(viewer, server):
    page = viewer.page
    stuck = Stuck(server)
    try:
        row = stuck.row(Visitor(server.dashboard))
        page.goto(dashboard(server, "#/running"))
        ask = page.get_by_test_id("ask-stack")
        expect(ask).to_have_count(1)
        ask.focus()
        page.keyboard.press("Enter")
        stack = page.get_by_test_id("running-stack")
        expect(stack).to_contain_text(viewer.words["now"])
        frames = stack.get_by_test_id("stack-frame")
        planted = frames.filter(has_text="stuck_here")
        expect(planted).to_contain_text(f"slow_wsgi.py:{line_of('# planted: stuck')}")
        texts = frames.all_inner_texts()
        assert texts[-1].startswith("application"), texts
        expect(ask).to_have_attribute("aria-expanded", "true")
        assert broken_rules(page) == []
    finally:
        stuck.let_go()
    ended = stack.get_by_role("link", name=viewer.words["ended"])
    expect(ended).to_be_visible()
    ended.click()
    expect(page.get_by_test_id("request-fields")).to_contain_text(row["id"])
    # what has ended does not run any more, and is stored some moments later: the browser says so
    viewer.look()
    viewer.wrong = [wrong for wrong in viewer.wrong if "status of 404" not in wrong]
