"""Builds a web2py site folder around what PyPI's web2py-gluon leaves out.

The wheel brings the framework but no VERSION (without which it does not start), no generic
views and no site folder.
"""

import shutil
from pathlib import Path

APP_FOLDERS = [
    "models",
    "views",
    "controllers",
    "databases",
    "modules",
    "cron",
    "errors",
    "sessions",
    "languages",
    "static",
    "private",
    "uploads",
]
VERSION = "Version 2.26.1-stable+timestamp.2024.01.01.00.00.00\n"
SERVERS = Path(__file__).resolve().parent / "site"


def build_site(root: Path) -> Path:
    """Makes the folder of a site without apps; what is there already stays. Returns `root`."""
    (root / "applications").mkdir(parents=True, exist_ok=True)
    (root / "VERSION").write_text(VERSION)
    (root / "applications" / "__init__.py").touch()
    for server in SERVERS.glob("*.py"):
        shutil.copy(server, root / server.name)
    return root


def add_app(root: Path, name: str, source: "Path | None" = None) -> Path:
    """Adds the app `name`, its files copied from `source`. Returns its folder."""
    app = root / "applications" / name
    if source is not None:
        shutil.copytree(source, app, dirs_exist_ok=True)
    for folder in APP_FOLDERS:
        (app / folder).mkdir(parents=True, exist_ok=True)
    (app / "__init__.py").touch()
    return app
