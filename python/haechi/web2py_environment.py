"""Gives every app `current.logger` and the name `current`; an app's own always win."""

import os

from haechi.context import current_request
from haechi.web2py_users import note_user

FOLDER = "logs"


def watch_build_environment(inner, current, loggers, module):
    """Wraps `build_environment`, which requests, shells and scheduler tasks all pass."""
    pick, known = dict.get, loggers.by_app

    def adopt(app, request):
        """Done once for each app and process, and again when its logger was disabled."""
        logger = loggers.of(app)
        if module is not None:
            folder = os.path.abspath(pick(request, "folder"))
            module.set_app_folder(app, folder)
            module.set_log_path(app, os.path.join(folder, FOLDER, app + ".log"))
        return logger

    def give_logger(request):
        app = pick(request, "application")
        logger = known.get(app)
        if logger is None or logger.disabled:
            logger = adopt(app, request)
        held = current.__dict__
        old = held.get("logger")
        # a shell goes from app to app without clearing: only a logger of ours may go
        if old is None or known.get(getattr(old, "name", "").rpartition(".")[2]) is old:
            held["logger"] = logger

    def build_environment(request, response, session, store_current=True):
        environment = inner(request, response, session, store_current)
        watched = current_request.get()
        if watched is not None:
            note_user(watched, session)
        if store_current:
            logger = known.get(pick(request, "application"))
            held = current.__dict__
            if logger is not None and not logger.disabled and "logger" not in held:
                held["logger"] = logger
                return environment
            try:
                give_logger(request)
            except Exception:
                pass  # the app's own error, if it uses the logger, says more than ours
        return environment

    return build_environment


def keep_logs_out_of_packages(inner):
    """Wraps `tar` and `tar_compiled` of gluon.fileutils: no packed app carries its log lines.

    web2py compares whole paths with the names it excludes (so in 2.26.1 it excludes
    nothing); the name and the path are both given.
    """

    def tar(file, dir, *args, **named):
        excluded = named.get("exclude_content_from")
        if excluded and "errors" in excluded:
            named["exclude_content_from"] = [
                *excluded,
                FOLDER,
                os.path.join(dir, FOLDER),
            ]
        return inner(file, dir, *args, **named)

    return tar
