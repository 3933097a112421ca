"""Runs a hook right after a module it waits for has been imported.

Hooks are named, not imported, so that a program pays only for the modules it uses. A hook
that fails leaves its module as it was found; the import itself never notices.
"""

import sys

# module -> (our module, function called with the imported module)
HOOKS = {
    "gluon.globals": ("haechi.web2py", "globals_imported"),
    "gluon.fileutils": ("haechi.web2py", "fileutils_imported"),
    "gluon.restricted": ("haechi.web2py", "restricted_imported"),
    "gluon.compileapp": ("haechi.web2py", "compileapp_imported"),
    "gluon.main": ("haechi.web2py", "main_imported"),
    "gluon.scheduler": ("haechi.web2py", "scheduler_imported"),
    "gluon.shell": ("haechi.web2py", "shell_imported"),
    "gluon.cache": ("haechi.web2py_parts", "cache_imported"),
    "gluon.contrib.redis_cache": ("haechi.web2py_parts", "redis_cache_imported"),
    "gluon.contrib.memcache": ("haechi.web2py_parts", "memcache_imported"),
    "wsgiref.handlers": ("haechi.servers", "wsgiref_imported"),
    "gunicorn.app.base": ("haechi.servers", "gunicorn_imported"),
    "gunicorn.arbiter": ("haechi.children", "arbiter_imported"),
    "gunicorn.workers.base": ("haechi.children", "gunicorn_worker_imported"),
    "multiprocessing.popen_fork": ("haechi.children", "popen_fork_imported"),
    "waitress.server": ("haechi.servers", "waitress_imported"),
    "rocket3": ("haechi.servers", "rocket3_imported"),
    "gevent.pywsgi": ("haechi.servers", "gevent_imported"),
    "cheroot.wsgi": ("haechi.servers", "cheroot_imported"),
}

failures = []  # (module, error) of hooks that failed, for `haechi doctor`-like questions


def run_hook(module):
    """Runs the hook of an imported module, at most once for each module object."""
    name = module.__name__
    if module.__dict__.get("__haechi__"):
        return
    where, function = HOOKS[name]
    try:
        module.__dict__["__haechi__"] = True
        __import__(where)
        getattr(sys.modules[where], function)(module)
    except Exception as error:
        failures.append((name, error))


class HookedLoader:
    """Stands in for a module's loader until the module has run, then for nothing."""

    def __init__(self, inner):
        self.inner = inner

    def create_module(self, spec):
        return self.inner.create_module(spec)

    def exec_module(self, module):
        # hidden before the module runs: reload, inspect and pkgutil look at these
        module.__spec__.loader = module.__loader__ = self.inner
        self.inner.exec_module(module)
        run_hook(module)

    def __getattr__(self, name):
        return getattr(self.inner, name)


class HookFinder:
    """The meta path finder: asks the other finders and wraps the loader they give."""

    def __init__(self):
        self.busy = set()

    def find_spec(self, name, path=None, target=None):
        if name not in HOOKS or name in self.busy:
            return None
        self.busy.add(name)
        try:
            for finder in list(sys.meta_path):
                find = getattr(finder, "find_spec", None)
                if finder is self or find is None:
                    continue
                spec = find(name, path, target)
                if spec is not None:
                    if hasattr(spec.loader, "exec_module"):
                        spec.loader = HookedLoader(spec.loader)
                    return spec
            return None
        finally:
            self.busy.discard(name)


def add(hooks):
    """Adds hooks, and runs those whose modules have been imported already."""
    HOOKS.update(hooks)
    run_hooks(hooks)


def install():
    """Installs the finder in front of the others and hooks what is already imported."""
    if not any(isinstance(finder, HookFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, HookFinder())
    run_hooks(HOOKS)


def run_hooks(names):
    """Runs the hooks of modules that have been imported already."""
    for name in list(names):  # a hook may add one
        module = sys.modules.get(name)
        # a module in the middle of its own import is not ready
        if module is not None and not getattr(
            getattr(module, "__spec__", None), "_initializing", False
        ):
            run_hook(module)
