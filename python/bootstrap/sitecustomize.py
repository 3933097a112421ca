"""First thing a watched Python runs: lets `haechi` be found and asks to be told of web frameworks.

`haechi run` puts this folder first on PYTHONPATH. Whatever Python starts below it comes
through here, also ones that Haechi cannot watch, so this file keeps to syntax that every
Python since 2.7 understands, imports next to nothing, and never loads the native part: a
main interpreter that has loaded it keeps it from every sub-interpreter (mod_wsgi, uWSGI).
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.environ.get("HAECHI_LIB") or os.path.dirname(HERE)


class PackageFinder:
    """Finds the one top-level name `haechi`, so that the library need not stand on sys.path."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "haechi":
            return None
        from importlib.machinery import PathFinder

        return PathFinder.find_spec(name, [os.path.join(LIBRARY, "python")])


def watch():
    """Makes `haechi` importable and installs its import hooks; says why if it cannot."""
    first = "HAECHI_TREE" not in os.environ
    if first:
        # one name for all processes that this one starts, so that a line about them is said once
        import time

        os.environ["HAECHI_TREE"] = "%d-%d" % (os.getpid(), int(time.time() * 1000))
    if sys.version_info < (3, 9):
        if first:
            sys.stderr.write(
                "haechi: not watching this program: Python %d.%d is too old; "
                "run it with CPython 3.9 to 3.13\n" % sys.version_info[:2]
            )
        return
    sys.meta_path.append(PackageFinder)
    try:
        from haechi import importing

        importing.install()
    except Exception as error:
        if first:
            sys.stderr.write(
                "haechi: not watching this program: %s; install Haechi again\n" % error
            )


def run_shadowed():
    """Runs the sitecustomize that would have run had this folder not been first."""
    paths = [path for path in sys.path if os.path.abspath(path) != HERE]
    if sys.version_info[0] < 3:
        import imp

        try:
            found = imp.find_module("sitecustomize", paths)
        except ImportError:
            return
        imp.load_module("sitecustomize", *found)
        return
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    spec = PathFinder.find_spec("sitecustomize", paths)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if os.environ.get("HAECHI_RUN"):
    watch()
run_shadowed()
