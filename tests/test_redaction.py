"""No secret that a real app is given, logs or raises reaches any file of Haechi or of its logs."""

import json
import re
import sys
import urllib.parse
from pathlib import Path

import kept
import planted
import pytest
import servers
from test_tickets_from_before import fail, until_read
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent
SECRETS = planted.secrets()
LINES_EACH = 24  # log lines of one visit that `leaky_wsgi.work` writes
RULES = """
[redact]
keys = ["internal_ref"]
patterns = ["ACME-[0-9]{8}"]
"""
OWN = [
    planted.Secret("internalRef", "q7hn3zxkv2mw8t5p"),
    planted.Secret("ref", "ACME-73519264"),
]


class Here:
    """The folder of the plain program, in the place of a web2py site."""

    root = HERE


@pytest.fixture
def plain(serve, monkeypatch, tmp_path):
    """The plain program under `haechi run`, on a data folder with rules of its own."""
    monkeypatch.setitem(
        servers.COMMANDS, "leaky", lambda port: [sys.executable, "leaky_wsgi.py", str(port)]
    )
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "haechi.toml").write_text(RULES)
    return serve("leaky", Here, data=data, environment={"HAECHI_APP": "leaky"})


@pytest.fixture
def web2py(serve, site):
    """An app of web2py that does the same with what it is given."""
    (site.root / "leaky_wsgi.py").write_text((HERE / "leaky_wsgi.py").read_text())
    site.controller(
        "your_app",
        "leaky",
        "from leaky_wsgi import work as tell_all\n"
        "def work():\n"
        "    form = dict(request.vars)\n"
        "    tell_all(current.logger, request.env.http_x_given, request.env.wsgi_environ or {})\n",
    )
    return serve("rocket", site)


def visit(server, path: str, secret: planted.Secret, number: int) -> None:
    """One request that has the secret wherever a request can have one."""
    name, text = secret.name, secret.text
    pair = urllib.parse.urlencode({"page": 2, name: text})
    twice = urllib.parse.quote(urllib.parse.urlencode({name: text}), safe="")
    flat = urllib.parse.quote(text, safe="!*_~.-@/+")
    given = json.dumps({"name": name, "secret": text, "visit": f"visit-{number}"})
    headers = {
        "Referer": f"https://me:{urllib.parse.quote(text, safe='')}@example.org/cb?{pair}#{pair}",
        "User-Agent": f"agent/1.0 ({name}={flat})",
        "Cookie": f"theme=dark; {name}={flat}",
        "Authorization": planted.basic(secret),
        "X-Given": given,
        "Proxy-Authorization": f"Bearer {flat}",
        # a server makes one word of another spelling
        "X-Shop-" + re.sub("([A-Z])", r"-\1", name): flat,
        "Origin": f"https://me:{urllib.parse.quote(text, safe='')}@example.org",
    }
    form = f"page=2&{name}={urllib.parse.quote(text)}"
    path = f"{path}?{pair}&next=%2Flogin%3F{twice}"
    body = given if "leaky" not in path else form
    Visitor(server.port).get(path, headers, "POST", body)


def check(server, planted_secrets, *folders: Path, lines: int) -> None:
    """Waits until all is stored, then looks at every file, while Haechi runs and after."""
    dashboard = Visitor(server.dashboard)
    until(lambda: dashboard.get("/api/issues?state=all").json()["issues"], what="an issue")
    until(
        lambda: sum(kept.messages(server.data).values()) >= lines,
        30,
        f"{lines} log lines to be stored",
    )
    for when in ("while it runs", "after it stopped"):
        files = planted.written(server.data, *folders)
        found = planted.leaks(planted_secrets, files)
        shown = "\n".join(found[:20])
        assert not found, f"{len(found)} seen {when}:\n{shown}"
        if when == "while it runs":
            server.stop()
    everything = b"".join(files.values())
    marks = everything.count(b"[cut:")
    assert marks >= lines, f"only {marks} marks: were the secrets planted at all?"
    for number in range(len(planted_secrets)):
        assert f"visit-{number}-0 message ".encode() in everything
    for text in (b"not with", b"could not", b"agent/1.0", b"page=2", b"named 2 of 100% [cut:"):
        assert text in everything, f"{text} should have been kept"


def test_no_secret_of_a_plain_app_reaches_the_disk_by_the_folders_own_rules_too(plain):
    every = [*SECRETS, *OWN]
    for number, secret in enumerate(every):
        visit(plain, "/work", secret, number)
    check(plain, every, lines=LINES_EACH * len(every))
    assert b"[cut:pattern1:13]" in b"".join(planted.written(plain.data).values())


def test_no_secret_of_a_web2py_app_reaches_the_store_or_its_log(web2py, site):
    for number, secret in enumerate(SECRETS):
        visit(web2py, "/your_app/leaky/work", secret, number)
    logs = site.app("your_app") / "logs"
    check(web2py, SECRETS, logs, lines=LINES_EACH * len(SECRETS))
    assert "[cut:" in site.log("your_app").read_text()


def test_tickets_from_before_pass_the_folders_own_rules(serve, site, tmp_path):
    reference, number = OWN
    site.controller(
        "your_app",
        "early",
        f"def index():\n    raise ValueError('not {number.text}, internalRef={reference.text}')\n",
    )
    fail(site, "/your_app/early/index")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "haechi.toml").write_text(RULES)
    server = serve("rocket", site, data=data)
    haechi = Visitor(server.dashboard)
    until_read(haechi, 1)
    issues = haechi.get("/api/issues?from=-1000d&state=all&app=your_app").json()["issues"]
    assert [issue["message"] for issue in issues] == [
        "not [cut:pattern1:13], internalRef=[cut:key:16]"
    ]
    assert not planted.leaks(OWN, planted.written(data))


def test_rules_that_are_not_understood_leave_the_standard_ones_and_a_line(
    serve, monkeypatch, tmp_path
):
    """A file that went bad after `haechi run` had read it, as when a worker is started later."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    code = (
        "import pathlib, runpy, sys\n"
        f"pathlib.Path({str(data)!r}, 'haechi.toml').write_text('[redact]\\nkeyz = 1\\n')\n"
        "sys.argv = ['leaky_wsgi.py', sys.argv[1]]\n"
        "runpy.run_path('leaky_wsgi.py', run_name='__main__')\n"
    )
    monkeypatch.setitem(
        servers.COMMANDS, "leaky", lambda port: [sys.executable, "-c", code, str(port)]
    )
    server = serve("leaky", Here, data=data, environment={"HAECHI_APP": "leaky"})
    for number, secret in enumerate(SECRETS[:5]):
        visit(server, "/work", secret, number)
    check(server, SECRETS[:5], lines=LINES_EACH * 5)
    said = [line for line in server.error.splitlines() if line.startswith("haechi: ")]
    told = [line for line in said if "keyz" in line and "standard rules" in line]
    assert len(told) == 1, said
