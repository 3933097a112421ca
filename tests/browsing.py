"""A headless Chromium whose pages report every error, dialog and breach of their policy."""

import os
import shutil
from urllib.parse import urlsplit

REBOUND = "rebound.example"  # a name of elsewhere that leads to this machine
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
]
WATCH = """
window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.breaches.push(event.violatedDirective + " " + event.blockedURI));
"""


def chromium() -> str:
    """The browser: HAECHI_CHROMIUM, else the one on the path."""
    named = os.environ.get("HAECHI_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "chromium was not found; run `make setup`"
    return found


class Watched:
    """A page and everything that went wrong in it."""

    def __init__(self, context):
        self.wrong = []
        self.page = context.new_page()
        self.page.add_init_script(WATCH)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _console(self, message):
        if message.type == "error":
            self.wrong.append(f"console: {message.text} {message.location}")

    def _dialog(self, dialog):
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        if urlsplit(request.url).hostname == "canary.invalid":
            self.wrong.append(f"request: {request.url}")

    def look(self) -> None:
        """Notes what the page itself knows: call before it goes away."""
        for frame in self.page.frames:
            found = frame.evaluate("[window.canary, window.breaches || []]")
            if found[0] is not None:
                self.wrong.append(f"a text ran as code in {frame.url}")
            self.wrong += [f"policy: {breach}" for breach in found[1]]

    def assert_well(self) -> None:
        self.look()
        assert not self.wrong, "\n".join(map(str, self.wrong[:20]))


def dashboard(server, place: str = "") -> str:
    return f"http://127.0.0.1:{server.dashboard}/{place}"


def number(page, test_id: str) -> float:
    """The number a figure shows, unrounded; -1 while there is none."""
    return float(page.get_by_test_id(test_id).get_attribute("data-value") or -1)
