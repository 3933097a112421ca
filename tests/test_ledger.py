"""What clients sent is what an outside reader finds kept, once each."""

import ledger
import pytest
from waiting import until

LINES = 5
# what the servers themselves say would count as lines too
SILENT = {"HAECHI_OUTPUT": "off", "GUNICORN_CMD_ARGS": "--log-level critical"}


@pytest.mark.parametrize("kind", ("gunicorn", "uwsgi"))
@pytest.mark.parametrize("haechi_server", (True, False), ids=("with-server", "no-server"))
def test_everything_sent_is_kept_once(serve, site, kind, haechi_server):
    server = serve(kind, site, server=haechi_server, environment=SILENT)
    paths = ["/your_app/probe/ok", f"/your_app/probe/lines/x/{LINES}"] * 50
    assert {answer.status for answer in server.visitor.crowd(paths)} == {200}
    assert server.stop() == 0

    def kept():
        found = ledger.read(server.data)
        assert sum(found.drops.values()) == 0
        assert found.kept <= 100 + 50 * LINES, found
        return found if found.kept == 100 + 50 * LINES else None

    found = until(kept, what="the ledger to be whole")
    if haechi_server:
        assert (found.requests, found.logs, found.spooled) == (100, 50 * LINES, 0)
