"""Template, arguments and `extra=` of a log line, as the API shows them."""

import pytest
from test_told_lines import haechi, server  # noqa: F401
from told import request_on


@pytest.fixture
def told(server, haechi):  # noqa: F811
    def find(path, count):
        assert server.visitor.get(path).status == 200
        found = request_on(haechi, path, count)["logs"]
        patterns = haechi.get("/api/patterns?from=-1h&limit=1000").json()["patterns"]
        templates = {pattern["id"]: pattern["template"] for pattern in patterns}
        for line in found:
            line["attributes"] = {pair["key"]: pair["value"] for pair in line["attributes"]}
            line["template"] = templates[line["pattern"]]
        return {line["message"]: line for line in found}

    return find


def test_arguments_and_extras_stand_beside_the_message(told):
    lines = told("/attributes", 3)
    order = lines["order A77 of 3 took 1.25"]
    assert order["template"] == "order %s of %d took %.2f"
    assert order["attributes"] == {
        "0": "A77",
        "1": "3",
        "2": "1.25",
        "customer": "anna",
        "vip": "True",
    }
    assert lines["bob paid"]["template"] == "%(who)s paid"
    assert lines["bob paid"]["attributes"] == {"who": "bob"}
    assert lines["plain"]["template"] == "plain" and not lines["plain"]["attributes"]


def test_hostile_extras_are_kept_bounded(told):
    lines = told("/hostile", 6)
    extras = lines["hostile extras"]["attributes"]
    assert extras["object"].endswith("Hostile>")
    assert extras["big"] == "b" * 1024
    assert extras["loop"].startswith("{'loop': {'loop'")
    assert 0 < len(lines["hostile thousand"]["attributes"]) <= 32
    assert not lines["hostile keys"]["attributes"]


def test_secrets_in_arguments_and_extras_are_cut(told):
    lines = told("/secrets", 4)
    found = next(line for message, line in lines.items() if "token" in message)["attributes"]
    assert found["password"] == "[cut:key:9]"
    assert found["note"] == "with [cut:aws:20]"
    assert found["all"] == "{'api_key': [cut:key:11]}"
    assert (found["0"], found["1"]) == ("[cut:message:9]", "[cut:message:9]")
    assert "secrets by name [cut:key:9]" in lines
    # each argument as it was to be shown; what says nothing stays
    found = lines["100% of anna: [cut:key:9] [cut:key:7] None [cut:key:5]"]["attributes"]
    assert (found["user"], found["password"], found["token"]) == ("anna", "None", "[cut:key:5]")
    # a line that cannot be made is its template
    assert "secret %(secret)d of %(user)s" in lines
    assert "hunter2" not in str(lines)
