"""What web2py does in a request, step by step: models, controller, view, session, cache.

Each step is a span. One within another, as a component that a view loads, takes its time from
the one around it, so the steps add up to the request.
"""

import os

from haechi import native
from haechi.context import current_request

KNOWN_MAX = 4096
MODELS = (f"{os.sep}models{os.sep}", f"{os.sep}compiled{os.sep}models")


def step(part_name, inner, name, name_of=None):
    """Wraps a function whose whole time counts for a part: `name`, or what its arguments say."""
    module = native.load()
    number, begin, end = module.span_part(part_name), module.span_begin, module.span_end

    def watched(*args, **kwargs):
        token = begin(number)
        if not token:
            return inner(*args, **kwargs)
        try:
            return inner(*args, **kwargs)
        finally:
            end(token, number, name if name_of is None else name_of(*args))

    return watched


def text(value, *_args):
    return value if isinstance(value, str) else ""


def watch_steps(replace, module):
    """Times the steps of a request, where gluon.compileapp has them."""
    replace(module, "run_models_in", lambda inner: step("model", inner, "models"))
    replace(module, "restricted", watch_restricted)
    replace(module, "run_view_in", lambda inner: step("template_render", inner, "", view_of))
    replace(module, "parse_template", lambda inner: step("template_parse", inner, "", text))
    replace(module, "compile2", watch_compile2)


def view_of(environment=None, *_):
    try:
        return text(environment["response"].view)
    except Exception:
        return ""


def watch_restricted(inner):
    """Wraps `restricted`, which runs a file of the app: model files are told one by one."""
    module = native.load()
    number, begin, end = module.span_part("model"), module.span_begin, module.span_end
    known = {}  # layer -> the name of a model file, or None

    def name_of(layer):
        name = None
        if any(mark in layer for mark in MODELS):
            name = os.sep.join(layer.rsplit(os.sep, 2)[1:])
        if len(known) < KNOWN_MAX:
            known[layer] = name
        return name

    def restricted(ccode, environment=None, layer="Unknown", scode=None):
        name = None
        if isinstance(layer, str):
            name = known[layer] if layer in known else name_of(layer)
        token = begin(number) if name else 0
        if not token:
            return inner(ccode, environment, layer, scode)
        try:
            return inner(ccode, environment, layer, scode)
        finally:
            end(token, number, name)

    return restricted


def watch_compile2(inner):
    """Wraps `compile2`: views are compiled whenever they are shown, other files once."""
    module = native.load()
    number, begin, end = module.span_part("template_parse"), module.span_begin, module.span_end
    note = module.note_view

    def compile2(code, layer):
        token = 0 if layer.endswith(".py") else begin(number)
        if not token:
            return inner(code, layer)
        try:
            if type(code) is str:
                note(layer, code)
            return inner(code, layer)
        finally:
            end(token, number, f"compile {layer.rpartition(os.sep)[2]}")

    return compile2


class SessionLocks:
    """Stands in for the module that locks files, where sessions use it: the wait is timed."""

    def __init__(self, inner):
        self.inner = inner
        self.lock = step("session_wait", inner.lock, "session file")

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
