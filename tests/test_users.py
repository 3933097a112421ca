"""Who is signed in: read from web2py's session, told by the server or by the app."""

import pytest
from visitor import Visitor
from waiting import until

CONTROLLER = """
from gluon.storage import Storage

def sign_in():
    session.auth = Storage(user=Storage(id=int(request.args(0)), email="a@b.example"))
    return "in"

def ok():
    return "ok"

def odd():
    session.auth = request.args(0)
    return "odd"

def fail():
    raise ValueError("no luck")
"""


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    module_site.controller("your_app", "users", CONTROLLER)
    return module_serve("rocket", module_site)


def row_of(haechi, path, query=""):
    def find():
        rows = haechi.get(f"/api/requests?from=-1h&limit=1000{query}").json()["requests"]
        return next((row for row in rows if row["path"] == path), None)

    return until(find, what=f"{path} to be stored")


def test_users_of_web2py_are_kept_with_requests_and_exceptions_and_counted(server):
    haechi = Visitor(server.dashboard)
    assert server.visitor.get("/your_app/users/ok").text == "ok"
    assert row_of(haechi, "/your_app/users/ok")["user"] == ""
    for user in ("7", "8"):
        answer = server.visitor.get(f"/your_app/users/sign_in/{user}")
        cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        assert row_of(haechi, f"/your_app/users/sign_in/{user}")["user"] == user
        for _ in range(3 if user == "8" else 1):
            assert server.visitor.get("/your_app/users/fail", cookie).status == 500
    assert server.visitor.get("/your_app/users/fail").status == 500

    def whole():
        issues = haechi.get("/api/issues?app=your_app").json()["issues"]
        found = [issue for issue in issues if issue["message"] == "no luck"]
        return found[0] if found and found[0]["events"] == 5 else None

    issue = until(whole, what="five failures to be counted")
    assert issue["users"] == 2
    issue = haechi.get(f"/api/issues/{issue['id']}").json()
    assert issue["top_users"] == [{"user": "8", "events": 3}, {"user": "7", "events": 1}]
    assert {event["user"] for event in issue["events_list"]} == {"", "7", "8"}
    rows = haechi.get("/api/requests?from=-1h&user=8").json()["requests"]
    assert len(rows) == 4 and {row["user"] for row in rows} == {"8"}


def test_a_session_with_anything_in_it_breaks_nothing(server):
    answer = server.visitor.get("/your_app/users/odd/thing")
    assert answer.text == "odd"
    cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    assert server.visitor.get("/your_app/users/ok/again", cookie).text == "ok"
    haechi = Visitor(server.dashboard)
    assert row_of(haechi, "/your_app/users/ok/again")["user"] == ""
