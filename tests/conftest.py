"""Fixtures: the built binary, web2py sites, and servers that are stopped whatever happens."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import browsing
import servers
import sites
import waiting


@pytest.fixture(scope="session")
def haechi_binary() -> Path:
    """The built `haechi`: HAECHI_BINARY, else dist/bin/haechi of this checkout."""
    path = Path(os.environ.get("HAECHI_BINARY") or HERE.parent / "dist" / "bin" / "haechi")
    assert path.exists(), f"{path} is not built; run `make build` first"
    return path


@pytest.fixture
def site(tmp_path) -> sites.Site:
    """A fresh web2py site of this test's own."""
    return sites.build(tmp_path / "site")


@pytest.fixture(scope="module")
def module_site(tmp_path_factory) -> sites.Site:
    """One web2py site for all tests of a module."""
    return sites.build(tmp_path_factory.mktemp("site"))


def factory(binary, folder):
    """Returns `serve(kind, site, **options)` and the list of servers it started."""
    started = []

    def serve(kind, site, **options):
        name = folder / f"server-{len(started)}"
        server = servers.start(binary, kind, site, name, **options)
        started.append(server)
        return server

    return serve, started


def stop_all(started):
    failures = []
    for server in reversed(started):
        try:
            server.stop()
        except AssertionError as error:
            failures.append(str(error))
    assert not failures, "\n".join(failures)


@pytest.fixture
def serve(haechi_binary, tmp_path):
    """Starts servers for one test: `serve("gunicorn", site)`."""
    start, started = factory(haechi_binary, tmp_path)
    yield start
    stop_all(started)


@pytest.fixture(scope="module")
def module_serve(haechi_binary, tmp_path_factory):
    """Starts servers that all tests of a module share."""
    start, started = factory(haechi_binary, tmp_path_factory.mktemp("servers"))
    yield start
    stop_all(started)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium for the tests of a module."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=waiting.PATIENCE * 1000)

    with sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=browsing.chromium(), args=browsing.ARGUMENTS
        )
        yield started
        started.close()


@pytest.fixture
def watched(browser):
    """A page that must have stayed without errors, unless the test has asked and cleared them."""
    context = browser.new_context()
    made = browsing.Watched(context)
    yield made
    made.assert_well()
    context.close()


@pytest.fixture
def look(browser):
    """Opens a page as some viewer has it: `look(locale=…, color_scheme=…, viewport=…)`."""
    opened = []

    def opener(**viewer):
        context = browser.new_context(**viewer)
        made = browsing.Watched(context)
        opened.append((context, made))
        return made.page

    yield opener
    for context, made in opened:
        made.assert_well()
        context.close()


@pytest.fixture
def page(watched):
    return watched.page
