"""web2py sites for the tests: the promised code alone and together, and one app that probes.

HAECHI_WEB2PY names a web2py checkout to test in the place of the one from PyPI.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from snippets import failing, snippets

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts"))

from web2py_site import add_app, build_site

GENERIC_HTML = "{{=BEAUTIFY(response._vars)}}"
GENERIC_JSON = "{{from gluon.serializers import json}}{{=XML(json(response._vars))}}"


@dataclass
class Site:
    """A site folder: `your_app`, `bare_app` and one app for each piece of code alone."""

    root: Path

    def app(self, name: str) -> Path:
        return self.root / "applications" / name

    def log(self, name: str) -> Path:
        """The file that the app's log lines must be in."""
        return self.app(name) / "logs" / f"{name}.log"

    def log_lines(self, name: str) -> "list[str]":
        path = self.log(name)
        return path.read_text().splitlines() if path.exists() else []

    def controller(self, app: str, name: str, text: str) -> None:
        (self.app(app) / "controllers" / f"{name}.py").write_text(text)

    def views(self, app: str) -> None:
        """Gives an app the generic views that web2py's own apps come with."""
        folder = self.app(app) / "views"
        (folder / "generic.html").write_text(GENERIC_HTML)
        (folder / "generic.json").write_text(GENERIC_JSON)


def build(root: Path) -> Site:
    """Builds the site: all pieces in one file in two apps, each alone in three more."""
    site = Site(build_site(root))
    if os.environ.get("HAECHI_WEB2PY"):
        # another web2py than PyPI's; the site's folder comes first on its path
        (root / "gluon").symlink_to(Path(os.environ["HAECHI_WEB2PY"], "gluon").resolve())
    pieces = snippets()
    together = "\n".join(pieces.values())
    for app in ("your_app", "bare_app"):
        add_app(root, app)
        site.controller(app, "default", together)
    for name, text in pieces.items():
        add_app(root, f"{name}_app")
        site.controller(f"{name}_app", "default", text)
        site.views(f"{name}_app")
    add_app(root, "failing_app")
    site.controller("failing_app", "default", failing(pieces["catch"]))
    site.views("your_app")
    site.controller("your_app", "probe", (HERE / "probe_controller.py").read_text())
    (site.app("your_app") / "models" / "settings.py").write_text("model_ran = True\n")
    (site.app("your_app") / "static" / "hello.txt").write_text("hello\n" * 100)
    return site
