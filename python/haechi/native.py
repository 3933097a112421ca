"""Loads the native part, once for each process, and says in one line why it cannot.

It is loaded by the first hook that needs it, where the app runs, because it belongs to the
one interpreter that loads it first.
"""

import _thread
import os
import sys

from haechi.context import current_request

_lock = _thread.allocate_lock()  # not threading's: gevent may not have replaced that yet
_state = {"tried": False, "module": None, "why": None}


def load():
    """Returns the native module, configured, or None if this process cannot be watched."""
    if not _state["tried"]:
        with _lock:
            if not _state["tried"]:
                try_once()
    return _state["module"]


def try_once():
    """Tries to load the native part and notes the outcome; a second try would give the same."""
    try:
        _state["module"] = _load()
    except Exception as error:
        _state["why"] = explain(error)
        say_once(_state["why"])
    _state["tried"] = True
    if _state["module"] is not None:
        watch_parts(_state["module"])


def why_not():
    """Returns why the native part could not be loaded, or None."""
    return _state["why"]


def data_folder():
    """Returns the absolute data folder: HAECHI_DIR, else `.haechi` in the current folder."""
    return os.path.abspath(os.environ.get("HAECHI_DIR") or ".haechi")


def program_name():
    """Returns the name of the running program, never its arguments: they may hold secrets."""
    first = os.path.basename(sys.argv[0]) if getattr(sys, "argv", None) else ""
    name = first.removesuffix(".py")
    return name.lstrip("-") or "python"


def _load():
    from haechi import native_file

    native_file.check()
    from haechi import _native

    default_on = os.environ.get("HAECHI_STATISTICS", "").lower() == "on"
    _native.configure(data_folder(), default_on, program_name())
    say_of_rules(_native.status().get("redaction"))
    _native.set_current(current_request)
    watch_ends(_native)
    watch_lines(_native)
    if "uwsgi" in sys.modules:
        from haechi.children import note_harakiri

        note_harakiri()
    return _native


def watch_ends(module):
    """Records exceptions that end threads and the program."""
    from haechi.exceptions import watch_program, watch_threads

    watch_program(module, program_name())
    if "threading" in sys.modules:  # gevent replaces it, and must be the first to import it
        watch_threads(module, program_name())


def watch_parts(module):
    """Times what requests spend time in."""
    from haechi import importing

    try:
        from haechi import parts

        parts.watch_parts(module)
    except Exception as error:
        importing.failures.append(("parts", error))


def watch_lines(module):
    """Records what is logged and, if that is wanted, what is printed."""
    from haechi import importing

    try:
        if "logging" in sys.modules:
            from haechi.lines import watch_logging

            watch_logging(module)
        else:
            importing.HOOKS["logging"] = ("haechi.lines", "logging_imported")
        if os.environ.get("HAECHI_OUTPUT") == "on":
            from haechi.output import watch_output

            watch_output(module)
    except Exception as error:
        importing.failures.append(("logging", error))


def explain(error):
    """Returns `<why>; <what to do>` for an error that loading the native part gave."""
    text = " ".join(str(error).split()) or type(error).__name__
    low = text.lower()
    if "interpreter" in low:
        return (
            "it runs in a sub-interpreter; give it the main one "
            "(mod_wsgi: WSGIApplicationGroup %{GLOBAL}, uWSGI: --single-interpreter)"
        )
    if "cut short" in low:
        return "the file of the native part is cut short; install Haechi again"
    if "_native" in low and ("no module named" in low or "cannot import name" in low):
        return "the native part is missing; install Haechi again"
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} cannot load the native part; use CPython 3.9 to 3.13"
    return f"the native part does not fit this system ({text}); build Haechi on it"


def say_once(why):
    """Prints one line on stderr, once for all processes that one `haechi run` started."""
    say(f"not watching this program: {why}", "said")


def say_of_rules(why):
    """Says once for the process tree why the folder's own redaction rules do not apply, if so."""
    if why:
        say(why, "rules")


def say(line, what):
    try:
        if first_to_say(what):
            sys.stderr.write(f"haechi: {line}\n")
            sys.stderr.flush()
    except Exception:
        pass  # a closed or replaced stderr is no reason to disturb the app


def first_to_say(what):
    """Claims the right to speak for the process tree: the first that makes the file has it."""
    tree = os.environ.get("HAECHI_TREE")
    if not tree:
        return True
    import tempfile

    path = os.path.join(tempfile.gettempdir(), f"haechi-{os.getuid()}-{tree}.{what}")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        return False
    except OSError:
        return True
    return True
