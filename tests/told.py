"""What the API tells of a request's lines."""

from waiting import until


def request_on(haechi, path, count=1):
    """Waits for the newest request on a path that has `count` lines; returns it, whole."""

    def find():
        answer = haechi.get(f"/api/requests?path={path}&from=-1h")
        for row in answer.json()["requests"] if answer.status == 200 else ():
            whole = haechi.get(f"/api/requests/{row['id']}").json()
            if len(whole["logs"]) >= count:
                return whole
        return None

    return until(find, what=f"a request on {path} with {count} lines")


def lines(whole):
    return [(line["level"], line["logger"], line["message"]) for line in whole["logs"]]


def messages(haechi):
    """Every line that is stored."""
    answer = haechi.get("/api/logs?from=-1h&limit=1000")
    return answer.json()["logs"] if answer.status == 200 else []
