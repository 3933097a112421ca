"""Queries of real drivers and of what lies above them, told once each, with nothing changed."""

import re
import subprocess
import sys
from pathlib import Path

import mysql_server
import postgres
import pytest
import servers
from recorded import assert_adds_up, line_of, spans, visited, whole
from test_run_command import PYTHONS
from visitor import Visitor

HERE = Path(__file__).resolve().parent
BY_ID = "SELECT name FROM item WHERE id = "


class Here:
    root = HERE


def gunicorn(application):
    def command(port):
        options = ["--workers", "1", "--threads", "2", "--no-control-socket", "--chdir", str(HERE)]
        bind = ["--bind", f"127.0.0.1:{port}", application]
        return [sys.executable, "-m", "gunicorn", *options, *bind]

    return command


@pytest.fixture(scope="module")
def cluster():
    yield from postgres.start()


@pytest.fixture(scope="module")
def mysql():
    yield from mysql_server.start()


@pytest.fixture(scope="module")
def start(module_serve):
    """Starts an application by its name under gunicorn; gives it and what it is asked through."""

    def start(application, **environment):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(servers.COMMANDS, "queries", gunicorn(application))
            server = module_serve("queries", Here, environment=environment)
        return server, Visitor(server.dashboard)

    return start


@pytest.fixture(scope="module")
def plain(start):
    return start("asking:application")


@pytest.fixture(scope="module")
def dsn_of(cluster, mysql):
    return {"sqlite3": "-", "psycopg2": cluster.dsn, "psycopg": cluster.dsn}.get, f"mysql:{mysql}"


def dsn_for(way, dsn_of):
    known, mysql = dsn_of
    return known(way.partition("_")[0]) or mysql


def same(text):
    """What a run prints, without what differs between any two."""
    return re.sub(r"0x[0-9a-f]+|thread id \d+", "…", text)


WAYS = (
    "sqlite3_queries",
    "sqlite3_shapes",
    "psycopg2_queries",
    "psycopg_queries",
    "pymysql_queries",
    "mysqldb_queries",
    "pydal_queries",
)
OF_DRIVERS = [way for way in WAYS if way not in ("sqlite3_shapes", "pydal_queries")]


@pytest.mark.parametrize("way", WAYS)
def test_an_app_sees_byte_for_byte_what_it_sees_without_haechi(plain, dsn_of, way):
    server, haechi = plain
    dsn = dsn_for(way, dsn_of)
    command = [sys.executable, "asking.py", way, dsn]
    alone = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    assert alone.returncode == 0, alone.stderr
    answer = server.visitor.get(f"/{way}?{dsn}")
    assert same(answer.text) == same(alone.stdout.rstrip("\n"))
    request = whole(haechi, f"/{way}")
    assert_adds_up(request)
    assert "hunter2" not in str(request)


ALONE = "import sys, asking; print(asking.ask(*sys.argv[1:]))"


@pytest.mark.parametrize("version", sorted(PYTHONS))
@pytest.mark.parametrize("way", ("sqlite3_queries", "sqlite3_shapes"))
def test_every_cpython_has_its_sqlite3_unchanged(haechi_binary, tmp_path, version, way):
    python = str(PYTHONS[version])
    run = [str(haechi_binary), "run", "--data", str(tmp_path), "--no-server", "--", python]
    watched, alone = (
        subprocess.run([*command, way, "-"], cwd=HERE, capture_output=True, text=True)
        for command in ([*run, "self_asking.py"], [python, "-c", ALONE])
    )
    assert (watched.returncode, alone.returncode) == (0, 0), watched.stderr + alone.stderr
    assert same(watched.stdout) == same(alone.stdout)


@pytest.mark.parametrize("way", OF_DRIVERS)
def test_a_driver_tells_its_queries_their_rows_and_where_they_came_from(plain, dsn_of, way):
    server, haechi = plain
    assert server.visitor.get(f"/{way}?{dsn_for(way, dsn_of)}").status == 200
    request = whole(haechi, f"/{way}")
    queries = spans(request, "db")
    names = [span["name"] for span in queries]
    found = next(span for span in queries if "FROM item WHERE name <> ?" in span["name"])
    assert found["rows"] == (1 if "mysql" in way else 3)
    assert names.count("COMMIT") >= 1 and "ROLLBACK" in names and "CONNECT" in names
    (failed, *_) = (span for span in queries if span["failed"])
    assert "nowhere" in failed["name"]
    inserts = [span for span in queries if span["name"].startswith("INSERT")]
    assert len(inserts) == 1 and inserts[0]["rows"] == (2 if "mysql" in way else 3)
    (repeat,) = (row for row in request["repeats"] if row["query"].startswith(BY_ID))
    assert repeat["count"] == 6 and repeat["file"].endswith("asking.py")
    assert "# planted" in (HERE / "asking.py").read_text().splitlines()[repeat["line"] - 1]


def test_pydals_handlers_tell_the_queries_of_a_driver_that_is_not_known(plain):
    server, haechi = plain
    assert server.visitor.get("/pydal_queries?-").status == 200
    queries = spans(whole(haechi, "/pydal_queries"), "db")
    told = [(span["name"], span["failed"]) for span in queries]
    # the known driver was asked in spite of the handler that raised afterwards, pydal was not;
    # of the other one pydal tells, and a handler that raises keeps it from telling how it went
    asked = ("SELECT ?", False)
    known = told[: told.index(("COMMIT", False))]
    assert known.count(asked) == 4 and known.count(("SELECT ? FROM nowhere", True)) == 1
    strange = told[len(known) + 1 :]
    assert ("SELECT ? FROM nowhere", True) in strange
    assert [name for name, failed in strange].count("SELECT ?") >= 4


def test_a_query_is_told_as_text_whatever_the_app_makes_it_of(plain, dsn_of):
    server, haechi = plain
    for way in ("psycopg2_queries", "psycopg_queries"):
        assert server.visitor.get(f"/{way}?{dsn_for(way, dsn_of)}").status == 200
        names = [span["name"] for span in spans(whole(haechi, f"/{way}"), "db")]
        assert 'SELECT "name" FROM item' in names and "SELECT ?" in names


def test_a_query_of_a_megabyte_is_kept_cut_short(plain):
    server, haechi = plain
    assert server.visitor.get("/sqlite3_shapes?-").status == 200
    names = [span["name"] for span in spans(whole(haechi, "/sqlite3_shapes"), "db")]
    assert any(name.startswith("SELECT length(?") for name in names)
    assert max(map(len, names)) <= 1024


@pytest.fixture(scope="module", params=["sqlite", "postgres", "unknown driver"])
def flask(request, start, cluster, tmp_path_factory):
    by = {
        "sqlite": f"sqlite:///{tmp_path_factory.mktemp('flask')}/books.sqlite",
        "postgres": cluster.dsn.replace("postgresql:", "postgresql+psycopg2:"),
        "unknown driver": cluster.dsn.replace("postgresql:", "postgresql+pg8000:"),
    }
    return start("flask_site:application", DATABASE=by[request.param])


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def django(request, start, cluster, tmp_path_factory):
    by = {
        "sqlite": {
            "SITE_ENGINE": "django.db.backends.sqlite3",
            "SITE_DATABASE": f"{tmp_path_factory.mktemp('django')}/books.sqlite",
        },
        "postgres": {
            "SITE_ENGINE": "django.db.backends.postgresql",
            "SITE_DATABASE": "postgres",
            "SITE_PORT": str(cluster.port),
        },
    }
    return start("django_site:application", **by[request.param])


def check_orm(server, haechi, site, error):
    assert server.visitor.get("/fill").text == "filled", server.error
    want = "; ".join(f"book {n} by author {n}" for n in range(12))
    request = visited(server, haechi, "/one-by-one", want)
    (repeat,) = request["repeats"]
    assert repeat["file"].endswith(site) and "author" in repeat["query"]
    assert repeat["line"] == line_of((HERE / site).read_text())
    assert repeat["count"] == 12
    assert_adds_up(request)
    twin = visited(server, haechi, "/at-once", want)
    selects = [span for span in spans(twin, "db") if span["name"].startswith("SELECT ")]
    assert twin["repeats"] == [] and len([s for s in selects if "book" in s["name"]]) == 1
    assert_adds_up(twin)
    request = visited(server, haechi, "/failing", error)
    (failed,) = (span for span in spans(request, "db") if span["failed"])
    assert failed["name"] == "SELECT ? FROM nowhere"


def test_flask_with_sqlalchemy_tells_a_query_per_row_and_its_twin_that_asks_once(flask):
    errors = ("OperationalError", "ProgrammingError")
    server, haechi = flask
    assert server.visitor.get("/failing").text in errors
    check_orm(server, haechi, "flask_site.py", server.visitor.get("/failing").text)


def test_djangos_orm_tells_a_query_per_row_and_its_twin_that_asks_once(django):
    server, haechi = django
    error = server.visitor.get("/failing").text
    assert error in ("OperationalError", "ProgrammingError")
    check_orm(server, haechi, "django_site.py", error)


def test_django_tells_the_statements_of_a_driver_that_is_not_known(start):
    server, haechi = start("strange_site:application")
    request = visited(server, haechi, "/repeated", "[(1,)]")
    names = [span["name"] for span in spans(request, "db")]
    assert len(names) == 6 and all(name.startswith(BY_ID) for name in names), "told once each"
    (repeat,) = request["repeats"]
    assert repeat["count"] == 6 and repeat["file"].endswith("strange_site.py")
    assert repeat["line"] == line_of((HERE / "strange_site.py").read_text())
    request = visited(server, haechi, "/failing", "OperationalError")
    (failed,) = (span for span in spans(request, "db") if span["failed"])
    assert failed["name"] == "SELECT ? FROM nowhere" and "hunter2" not in str(request)
