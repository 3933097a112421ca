"""Where a release comes from, in real servers: told outright, by a file, by the repository."""

import servers
from serving import Asked
from test_spans import gunicorn
from waiting import until

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def handled(asked, path):
    """The releases of the requests on a path, newest first."""
    rows = asked.ask(f"/api/requests?path={path}&from=-1h")["requests"]
    return [row["release"] for row in rows]


def test_an_app_of_web2py_has_the_release_of_its_folder_also_when_that_changes(serve, site):
    version = site.app("your_app") / "VERSION"
    version.write_text("1.0\n")
    server = serve("rocket", site)
    asked = Asked(server)
    assert server.visitor.get("/your_app/probe/ok").status == 200
    assert server.visitor.get("/your_app/static/hello.txt").status == 200
    assert server.visitor.get("/your_app/probe/boom").status == 500
    server.visitor.get("/bare_app/default/index")
    until(lambda: handled(asked, "/probe/ok") == ["1.0"], what="the request of 1.0")
    until(lambda: handled(asked, "hello.txt") == ["1.0"], what="the static file of 1.0")
    issue = until(lambda: asked.ask("/api/issues")["issues"], what="the issue")[0]
    releases = asked.ask(f"/api/issues/{issue['id']}")["releases"]
    assert [row["release"] for row in releases] == ["1.0"]
    # an app beside it has none of its own
    until(lambda: len(handled(asked, "/bare_app/")) == 1, what="the other app's request")
    assert handled(asked, "/bare_app/") != ["1.0"]
    version.write_text("1.1\n")

    def is_new():
        server.visitor.get("/your_app/probe/ok")
        return "1.1" in handled(asked, "/probe/ok")

    until(is_new, 30, "a request of 1.1")
    listed = asked.ask("/api/releases?app=your_app")["releases"]
    assert [(row["release"], row["is_latest"]) for row in listed] == [("1.1", True), ("1.0", False)]
    only = asked.ask("/api/requests?release=1.0&from=-1h")["requests"]
    assert only and {row["release"] for row in only} == {"1.0"}
    verdict = asked.ask("/api/releases/verdict?app=your_app")["verdict"]
    assert (verdict["release"], verdict["verdict"]) in (("1.1", "not_enough"), ("1.1", "first"))


def test_a_program_is_of_the_commit_its_folder_is_at_unless_it_is_told_otherwise(
    serve, tmp_path, monkeypatch
):
    monkeypatch.setitem(servers.COMMANDS, "timing", gunicorn)

    class Folder:
        root = tmp_path / "app"

    (Folder.root / ".git").mkdir(parents=True)
    (Folder.root / ".git" / "HEAD").write_text(COMMIT + "\n")
    module = servers.Path(servers.__file__).with_name("timing_wsgi.py")
    (Folder.root / "timing_wsgi.py").write_text(module.read_text())
    for environment, release in (({}, COMMIT[:12]), ({"HAECHI_RELEASE": "2026-11"}, "2026-11")):
        server = serve("timing", Folder, environment=environment)
        asked = Asked(server)
        assert server.visitor.get("/layered").status == 200
        until(lambda: handled(asked, "/layered"), what="the request")  # noqa: B023
        assert handled(asked, "/layered") == [release]
