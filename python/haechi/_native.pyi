"""What the native part offers. Nothing in it raises, blocks or touches the network."""

import logging
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from types import CodeType, TracebackType
from typing import Any, TypeAlias, TypedDict

_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType]
_Headers: TypeAlias = list[tuple[str, str]]
_StartResponse: TypeAlias = Callable[..., Callable[[bytes], object]]

class _Status(TypedDict):
    directory: str
    generation: int
    records: int
    drops: dict[str, int]
    error: str | None
    redaction: str | None

def configure(directory: str, default_on: bool, program: str) -> None:
    """Names the data folder and reads its redaction rules; files are made at the first request."""

def set_framework(framework: str) -> None:
    """Says what the program runs on beside Python, as in "web2py 3.3.3"; the first word counts."""

def set_current(var: ContextVar[Request | None]) -> None:
    """Names the variable that holds the request being handled; log lines are joined to it."""

def begin(environ: dict[str, Any], start_response: _StartResponse, app: str) -> Request | None:
    """Begins a WSGI request and makes it the current one; `app` is its name until `set_app`.

    None inside of a request that is being counted: this one is part of it.
    """

class Request:
    """One request, and the `start_response` to hand to the application."""

    id: str
    """16 hex digits."""
    trace_id: str
    """32 hex digits; the caller's, if it sent a `traceparent`."""
    app: str
    route: str

    def __call__(
        self, status: str, headers: _Headers, exc_info: _ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        """Notes status and length, then calls the server's start_response."""

    def body(self, result: Iterable[bytes]) -> Iterable[bytes]:
        """Ends the request with this body; it is no longer the current one.

        A list, tuple, bytes or file wrapper ends it now and comes back untouched. Anything
        else comes back wrapped and ends at its end, close, error or collection.
        """

    def fail(self) -> None:
        """Ends the request because the application raised: 500 if no status was sent.

        It is no longer the current one.
        """

    def discard(self) -> None:
        """Forgets the request."""

    def set_app(self, app: str) -> None: ...
    def set_route(self, route: str) -> None: ...
    def set_place(self, app: str, route: str) -> None: ...
    def set_ticket(self, ticket: str) -> None: ...
    def set_static(self) -> None: ...

def set_default_app(app: str) -> None:
    """Names the app of what happens outside of requests; the first call counts."""

def enable(app: str) -> None:
    """Turns an app's monitoring on for all processes at once and from now on."""

def disable(app: str) -> None:
    """Pauses an app's monitoring for all processes at once and from now on."""

def is_on(app: str) -> bool: ...
def statistics_json(app: str) -> str: ...
def statistics_html(app: str, fragment: bool) -> str: ...
def set_log_path(app: str, path: str) -> None:
    """Names the file for an app's lines; its folder is made (0700) with the first line."""

def set_app_folder(app: str, folder: str) -> None:
    """Names the folder of an app that is read again while the program runs, for its release."""

def leave_site(apps: str) -> None:
    """Names the folder of the program's apps; the server reads tickets from before there."""

def log_handle(default_app: str, record: logging.LogRecord) -> None:
    """All the work of a logging handler: file and spool, arguments and `extra=` included.

    The app is the one in the logger's name (`web2py.app.<app>`), else the current
    request's, else `default_app`. ERROR and above carry the exception being handled.
    """

def log_record(record: logging.LogRecord) -> None:
    """Records a record of any logger, spool only; those `log_handle` gets are left out."""

def set_logging_code(handle: CodeType, emit: CodeType, handle_error: CodeType) -> None:
    """Names the code whose printing is recorded already; the first call counts."""

class OutputWrite:
    """The `write` of a stream, recorded line by line under the logger `stdout` or `stderr`."""

    def __init__(self, write: Callable[[str], int], is_error: bool) -> None: ...
    def __call__(self, text: str, /) -> int: ...

def end_output() -> None:
    """Records lines that were begun and not ended."""

def capture(
    exception: BaseException | None, mechanism: str, app: str = "", ticket: str = ""
) -> None:
    """Records an exception (or the one being handled) once, however often it is handed over.

    `mechanism` is `unhandled`, `task`, `thread` or `program`. `app` counts outside a request.
    """

def span_part(name: str) -> int:
    """The number of a part: `db`, `template_parse`, `template_render`, `session_wait`,
    `http_client`, `cache`, `model`, `controller`, `gc`, `gil`; of any other name that of `other`.
    """

def span_begin(part: int) -> int:
    """A part of the current request begins, inside of the one that began last; 0 without one."""

def span_end(
    token: int,
    part: int,
    name: object,
    rows: int = -1,
    failed: bool = False,
    status: int = 0,
    mysql: bool = False,
) -> None:
    """Ends what `span_begin` gave `token` for. No moment counts for two parts.

    `name` is a query (its data is cut out; `mysql` says that double quotes are around text),
    an address, a path. Queries and calls are told with the line of the app that asked.
    `rows` -1 is unknown, `status` 0 none.
    """

def span(
    part: int,
    name: object,
    duration_ns: int,
    rows: int = -1,
    failed: bool = False,
    status: int = 0,
    mysql: bool = False,
) -> None:
    """A part that ends now and took so long; told after those that lay in it."""

class Step:
    """Stands in the place of a function of web2py's whose whole time counts for a part.

    `called` is `=NAME`, or where the name is to be found: `first` or `first_two` arguments, the
    `view` of the environment, the file of models (`model`; no other file is timed) or of a view
    (`compiled`; no `.py` is timed). `raised` is called with what the function raised, and its
    arguments.
    """

    def __init__(
        self,
        inner: Callable[..., Any],
        part: str,
        called: str,
        raised: Callable[..., None] | None = None,
    ) -> None: ...
    def __call__(self, *args: Any, **named: Any) -> Any: ...
    @property
    def __wrapped__(self) -> Callable[..., Any]: ...

class DriverMethod:
    """Stands in the place of a driver's method or function, and times it as a query.

    `does` is `query` (the first argument is one), `open` (one that gives its cursor), `fetch` (gives
    rows), `exit` (leaves a `with` block) or the query that it amounts to, as `COMMIT`. A function
    is not bound to an object.
    """

    def __init__(
        self,
        inner: Callable[..., Any],
        does: str,
        is_function: bool = False,
        mysql: bool = False,
    ) -> None: ...
    def __call__(self, *args: Any, **named: Any) -> Any: ...
    @property
    def __wrapped__(self) -> Callable[..., Any]: ...

def put_into_class(owner: type, name: str, value: object, /) -> None:
    """Sets an attribute of a class, also of one that is written in C."""

class ExecutionHandler:
    """A handler of pydal's for one statement, for drivers that are not watched themselves."""

    def __init__(self, adapter: object) -> None: ...
    def before_execute(self, command: object) -> None: ...
    def after_execute(self, command: object) -> None: ...

def gc_pause(phase: str, info: dict[str, int]) -> None:
    """To stand in `gc.callbacks`."""

def set_queue_time(ns: int) -> None:
    """How long the current request waited for a worker before it began."""

def status() -> _Status: ...
