"""The pages of issues and the search: what went wrong is seen as it happens, found, and dealt with."""

import json
from pathlib import Path

import pytest
from browsing import dashboard, number
from playwright.sync_api import expect
from serving import Asked
from waiting import until

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    module_site.controller("your_app", "trouble", (HERE / "trouble_controller.py").read_text())
    return module_serve("rocket", module_site)


def fail(server, path="unhandled", headers=None) -> str:
    """Makes the app fail; returns the ticket it told."""
    answer = server.visitor.get(f"/your_app/trouble/{path}", headers)
    assert answer.status == 500
    return answer.headers["web2py_error"].removeprefix("ticket ")


def row(page, text):
    return page.get_by_test_id("issues-table").locator("tbody tr", has_text=text)


def test_an_issue_is_told_the_moment_it_appears_and_counted_in_the_head(page, server):
    page.goto(dashboard(server))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    fail(server)
    news = page.get_by_test_id("issue-news").locator("li", has_text="NoCover")
    expect(news).to_be_visible()
    until(lambda: number(page, "open-issues") >= 1, what="the number of open issues in the head")
    news.get_by_role("link").click()
    expect(page.get_by_test_id("issue-title")).to_contain_text("NoCover")


def test_an_issue_shows_its_stack_and_leads_to_its_event_request_and_route(page, server):
    ticket = fail(server)
    page.goto(dashboard(server, "#/issues"))
    row(page, "NoCover").get_by_role("link").first.click()
    expect(page.get_by_test_id("issue-title")).to_contain_text("no cover for 5 won")
    own = page.get_by_test_id("frame").filter(has_text="pay")
    expect(own.first).to_contain_text("raise NoCover")
    expect(page.get_by_test_id("locals").first).to_contain_text("amount")
    expect(page.get_by_test_id("issue-routes")).to_contain_text("trouble/unhandled")
    expect(page.get_by_test_id("issue-reason")).not_to_be_empty()
    page.get_by_test_id("events-list").get_by_role("link").first.click()
    expect(page.get_by_test_id("event-ticket")).to_have_text(ticket)
    page.get_by_test_id("event-request").click()
    expect(page.get_by_test_id("request-fields")).to_contain_text(ticket)
    expect(page.get_by_test_id("exceptions-list")).to_contain_text("NoCover")
    page.get_by_test_id("request-route").click()
    expect(page.get_by_test_id("route-title")).to_contain_text("trouble/unhandled")


def test_an_issue_is_resolved_comes_back_is_ignored_and_opened_again(page, server):
    fail(server)
    page.goto(dashboard(server, "#/issues"))
    row(page, "NoCover").get_by_role("link").first.click()
    state = page.get_by_test_id("issue-state")
    page.get_by_test_id("issue-resolve").click()
    expect(state).to_have_attribute("data-state", "resolved")
    page.go_back()
    expect(page.locator("main .card").first).to_be_visible()
    expect(row(page, "NoCover")).to_have_count(0)
    page.get_by_test_id("issues-state").select_option("resolved")
    expect(row(page, "NoCover")).to_have_count(1)
    # what happens again after it was resolved is open again, and says so
    fail(server)
    page.get_by_test_id("issues-state").select_option("open")
    row(page, "NoCover").get_by_role("link").first.click()
    expect(state).to_have_attribute("data-state", "regressed")
    page.get_by_test_id("issue-ignore").click()
    page.get_by_test_id("issue-ignore-ever").click()
    expect(state).to_have_attribute("data-state", "ignored")
    page.get_by_test_id("issue-reopen").click()
    expect(state).to_have_attribute("data-state", "open")


def test_the_event_that_is_read_stays_until_the_newer_one_is_asked_for(page, server):
    fail(server)
    page.goto(dashboard(server, "#/issues"))
    row(page, "NoCover").get_by_role("link").first.click()
    shown = page.get_by_test_id("event")
    before = shown.get_attribute("data-value")
    page.get_by_test_id("issue-resolve").click()
    fail(server)  # a regression is told at once
    newer = page.get_by_test_id("show-newer")
    expect(newer).to_be_visible()
    assert shown.get_attribute("data-value") == before
    newer.click()
    expect(shown).not_to_have_attribute("data-value", before)


def test_issues_are_searched_and_kept_as_the_address_says(page, server):
    fail(server)
    page.goto(dashboard(server, "#/issues"))
    expect(row(page, "NoCover")).to_have_count(1)
    page.get_by_test_id("issues-search").fill("no such words")
    expect(page.get_by_text("No issue matches")).to_be_visible()
    assert "q=no+such+words" in page.url
    page.get_by_test_id("issues-search").fill("no cover")
    expect(row(page, "NoCover")).to_have_count(1)
    page.get_by_test_id("issues-sort").select_option("events")
    assert "sort=events" in page.url
    with page.expect_download() as waiting:
        page.get_by_test_id("keep-json").click()
    rows = json.loads(Path(waiting.value.path()).read_bytes())
    assert [kept["type"] for kept in rows] == ["NoCover"]


def test_the_search_takes_a_ticket_an_id_a_trace_a_path_and_words(page, server):
    trace = "0af7651916cd43dd8448eb211c80319c"
    ticket = fail(server, "unhandled/77", {"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    asked = Asked(server)
    found = until(
        lambda: asked.ask(f"/api/search?q={trace}")["found"], what="the trace to be found"
    )
    request = next(hit["id"] for hit in found if hit["kind"] == "request")
    page.goto(dashboard(server))
    box, results = page.get_by_test_id("search-box"), page.get_by_test_id("search-results")
    for text in (ticket, request, trace):
        page.keyboard.press("/")
        box.fill(text)
        link = results.get_by_role("link").first
        expect(link).to_be_visible()
        page.keyboard.press("Enter")
        shown = page.get_by_test_id("request-fields").or_(page.get_by_test_id("event-ticket"))
        expect(shown).to_contain_text(ticket)
    # a path leads to its requests, words to the lines and issues that have them
    page.keyboard.press("/")
    box.fill("/your_app/trouble/unhandled/77")
    results.locator('a[href*="#/requests?"]').first.click()
    rows = page.get_by_test_id("requests-table").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("/your_app/trouble/unhandled/77")
    page.keyboard.press("/")
    box.fill("no cover")
    results.locator('a[href*="#/logs?"]').first.click()
    expect(page.get_by_test_id("log-search")).to_have_value("no cover")
