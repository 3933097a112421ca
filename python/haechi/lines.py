"""Log lines: the handler whose whole work is native, and the loggers it is put on.

A record reaches the native part once and the console exactly as often as it would have
without Haechi, although Haechi wants lines (INFO) that the console did not. Records of all
other loggers are met on their way to the handlers, at the levels that the program chose.
"""

import logging
from functools import partial, wraps

from haechi import native

LEVEL = logging.INFO
WEB2PY = "web2py"
APP_PREFIX = "web2py.app."

_handled = set()  # loggers whose records surely meet a NativeHandler


class NativeHandler(logging.Handler):
    """A handler without lock or formatter; `handle` is the native function itself."""

    def __init__(self, log_handle, default_app):
        super().__init__()
        self.handle = partial(log_handle, default_app)  # by place: a name costs a dict


class Upstream(logging.Handler):
    """Passes on what the logger above would have let through before Haechi lowered a level.

    It stands in for `propagate`, which passes a record on whatever the level above is.
    """

    def __init__(self, logger):
        super().__init__()
        self.logger = logger

    def handle(self, record):
        above = self.logger.parent
        if above is not None and above.isEnabledFor(record.levelno):
            above.callHandlers(record)
        return True


def attach(logger, handler):
    """Puts `handler` on `logger`; with no level of its own, the logger then lets INFO through."""
    if handler in logger.handlers:
        return
    if logger.level == logging.NOTSET and logger.propagate and logger.parent is not None:
        logger.addHandler(Upstream(logger))
        logger.propagate = False
        logger.setLevel(LEVEL)
    logger.addHandler(handler)
    logger.disabled = False


def top_of_chain(logger, name):
    """Returns the last logger at or below `name` that a record of `logger` reaches."""
    while logger.name != name and logger.propagate and logger.parent is not None:
        logger = logger.parent
    return logger


class AppLoggers:
    """The loggers of web2py's apps, `web2py.app.<app>`, kept in working order."""

    def __init__(self, log_handle):
        self.handler = log_handle and NativeHandler(log_handle, WEB2PY)
        self.by_app = {}

    def watch_framework(self):
        """Puts the handler on web2py's own logger, which `gluon.tools.logger` is."""
        if self.handler is not None:
            attach(logging.getLogger(WEB2PY), self.handler)
            _handled.add(logging.getLogger(WEB2PY))

    def of(self, app):
        """Returns the logger of `app`, made or mended: settings read later disable loggers."""
        logger = logging.getLogger(APP_PREFIX + app)
        if self.handler is not None:
            attach(top_of_chain(logger, WEB2PY), self.handler)
            if not logger.isEnabledFor(LEVEL) and logger.level == logging.NOTSET:
                logger.setLevel(LEVEL)
            _handled.add(logger)
        logger.disabled = False
        self.by_app[app] = logger
        return logger


def watch_logging(module):
    """Records what any logger lets through, and says how to know what handlers print."""
    if getattr(logging.Logger.callHandlers, "__haechi__", False):
        return
    inner, log_record, handled = logging.Logger.callHandlers, module.log_record, _handled

    def callHandlers(self, record):
        if self not in handled:
            log_record(record)  # before the handlers: formatters leave texts on the record
        inner(self, record)

    callHandlers.__haechi__ = True
    logging.Logger.callHandlers = wraps(inner)(callHandlers)
    handler = logging.Handler
    module.set_logging_code(
        handler.handle.__code__,
        logging.StreamHandler.emit.__code__,
        handler.handleError.__code__,
    )


def logging_imported(_module):
    module = native.load()
    if module is not None:
        watch_logging(module)


def program_logger():
    """Returns the logger `haechi`, for programs that no framework hook gives a logger to."""
    logger = logging.getLogger("haechi")
    module = native.load()
    if module is not None:
        attach(logger, NativeHandler(module.log_handle, native.program_name()))
    return logger
