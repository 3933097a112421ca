"""The hooks for web2py: which name of which gluon module is replaced by what.

Written against gluon 2.26.1 and 3.3.3. Names are replaced right after their module is
imported and before another copies them; a copy made earlier is replaced as well.
"""

import functools
import os
import sys
import types

from haechi import native
from haechi.lines import WEB2PY, AppLoggers


def load():
    """Returns the native module, to which what happens outside of requests is web2py's."""
    module = native.load()
    if module is not None:
        module.set_default_app(WEB2PY)
    return module


@functools.cache
def app_loggers():
    """The one set of app loggers of this process."""
    module = load()
    return AppLoggers(module and module.log_handle)


def replace(module, name, make):
    """Puts `make(original)` in the place of `module.name` and of gluon.main's copy of it."""
    original = getattr(module, name, None)
    if original is None:
        return
    new = make(original)
    if isinstance(new, types.FunctionType):
        new = functools.wraps(original)(new)
    setattr(module, name, new)
    main = sys.modules.get("gluon.main")
    if main is not None and getattr(main, name, None) is original:
        setattr(main, name, new)


def globals_imported(module):
    from haechi import web2py_statistics

    module.Request.statistics = property(web2py_statistics.read)
    if load() is not None:
        from haechi.web2py_parts import watch_session_locks

        watch_session_locks(module)


def fileutils_imported(module):
    from haechi.web2py_environment import keep_logs_out_of_packages

    for name in ("tar", "tar_compiled"):
        replace(module, name, keep_logs_out_of_packages)


def restricted_imported(module):
    from haechi.context import current_request
    from haechi.exceptions import watch_ticket

    part = load()
    if part is not None:
        error = module.RestrictedError
        log = watch_ticket(error.log, current_request.get, part)
        error.log = functools.wraps(error.log)(log)


def app_of_this_run():
    """The app that a task, a cron job or a shell runs for."""
    from gluon.globals import current

    return getattr(getattr(current, "request", None), "application", None) or "web2py"


def scheduler_imported(module):
    from haechi.exceptions import watch_task_report

    part = load()
    if part is not None:
        report = module.TaskReport
        init = watch_task_report(report.__init__, app_of_this_run, part)
        report.__init__ = functools.wraps(report.__init__)(init)


def shell_imported(module):
    from haechi.exceptions import watch_execfile, watch_shell_run

    part = native.load()
    if part is not None:
        replace(module, "run", lambda inner: watch_shell_run(inner, part))
        replace(module, "execfile", lambda inner: watch_execfile(inner, app_of_this_run, part))


def compileapp_imported(module):
    from gluon.globals import Request, current
    from gluon.http import HTTP

    from haechi.web2py_environment import watch_build_environment
    from haechi.web2py_parts import watch_steps
    from haechi.web2py_requests import watch_run_controller_in
    from haechi.web2py_statistics import component_storage

    part = load()
    module._base_environment_.setdefault("current", current)
    module.Storage = component_storage(module.Storage, Request)
    replace(
        module,
        "build_environment",
        lambda inner: watch_build_environment(inner, current, app_loggers(), part),
    )
    if part is not None:
        replace(
            module,
            "run_controller_in",
            lambda inner: watch_run_controller_in(inner, HTTP, part),
        )
        watch_steps(replace, module, part)


def version_of(settings):
    """Returns 2.26.1 of web2py's "2.26.1-stable+timestamp.2023.07.20"; empty if it does not tell."""
    told = getattr(settings, "web2py_version", None)
    return told.partition("-")[0] if isinstance(told, str) else ""


def main_imported(module):
    from gluon.globals import current
    from gluon.http import HTTP
    from gluon.rewrite import THREAD_LOCAL
    from gluon.settings import global_settings
    from gluon.storage import List

    from haechi import web2py_requests as requests
    from haechi.web2py_routes import StatsAddress

    part = load()
    app_loggers().watch_framework()
    address = StatsAddress(global_settings, THREAD_LOCAL, List)
    apps = requests.KnownApps(global_settings, part)
    replace(
        module,
        "url_in",
        lambda inner: requests.watch_url_in(inner, HTTP, address, apps),
    )
    if part is None:
        return
    replace(module, "wsgibase", lambda inner: requests.watch_wsgibase(inner, part, current))
    replace(module, "appfactory", requests.watch_appfactory)
    part.set_framework(f"web2py {version_of(global_settings)}".strip())
    # tickets from before are read from there, by the server
    parent = os.path.abspath(global_settings.applications_parent)
    part.leave_site(os.path.join(parent, "applications"))
