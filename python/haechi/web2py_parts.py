"""What web2py does in a request, step by step: models, controller, view, session, cache.

Each step is a span. One within another, as a component that a view loads, takes its time from
the one around it, so the steps add up to the request.
"""

from haechi import native
from haechi.context import current_request


def watch_steps(replace, module, part):
    """Times the steps of a request, where gluon.compileapp has them: each is told by its name."""
    replace(module, "run_models_in", lambda inner: part.Step(inner, "model", "=models"))
    replace(module, "restricted", lambda inner: part.Step(inner, "model", "model"))
    replace(module, "run_view_in", lambda inner: part.Step(inner, "template_render", "view"))
    replace(module, "parse_template", lambda inner: part.Step(inner, "template_parse", "first"))
    # views are compiled whenever they are shown, other files once
    replace(module, "compile2", lambda inner: part.Step(inner, "template_parse", "compiled"))


class SessionLocks:
    """Stands in for the module that locks files, where sessions use it: the wait is timed."""

    def __init__(self, inner):
        self.inner = inner
        self.lock = native.load().Step(inner.lock, "session_wait", "=session file")

    def __getattr__(self, name):
        return getattr(self.inner, name)


def watch_session_locks(module):
    """A session's file is locked for the whole request: requests of one user wait for each other."""
    if hasattr(module, "portalocker"):
        module.portalocker = SessionLocks(module.portalocker)


def watch_cache(owner, name):
    """Times looking something up in a cache; making it, if it is not there, is told apart."""
    module = native.load()
    inner = owner.__call__
    begin, end = module.span_begin, module.span_end
    number, other = module.span_part("cache"), module.span_part("other")

    def made(make):
        def made_for_cache():
            token = begin(other)
            try:
                return make()
            finally:
                end(token, other, f"made for {name}")

        return made_for_cache

    def __call__(self, key, f, *args, **kwargs):
        token = begin(number) if current_request.get() is not None else 0
        if not token:
            return inner(self, key, f, *args, **kwargs)
        try:
            return inner(self, key, made(f) if callable(f) else f, *args, **kwargs)
        finally:
            end(token, number, name)

    __call__.__wrapped__ = inner
    owner.__call__ = __call__


def cache_imported(module):
    watch_cache(module.CacheInRam, "cache.ram")
    watch_cache(module.CacheOnDisk, "cache.disk")


def redis_cache_imported(module):
    watch_cache(module.RedisClient, "redis")


def memcache_imported(module):
    watch_cache(module.MemcacheClient, "memcache")
