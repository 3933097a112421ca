# -*- coding: utf-8 -*-
# ruff: noqa: UP004, UP009, UP020, UP031
"""Writes the golden tickets: what web2py would pickle, in every protocol this Python has.

    python3 make.py && python2.7 make.py    (again only when a new kind of ticket is wanted)

The values are plain: a traceback of a failing action, its source, and a snapshot with a text
that is wanted nowhere (`hunter2`), a deep list, a long list and web2py's XML objects.
"""

import io
import marshal
import os
import pickle
import sys
import types

try:
    import copyreg
except ImportError:  # Python 2
    import copy_reg as copyreg

HERE = os.path.dirname(os.path.abspath(__file__))

TRACEBACK = """Traceback (most recent call last):
  File "/srv/web2py/gluon/restricted.py", line 319, in restricted
    exec(ccode, environment)
  File "/srv/web2py/applications/shop/controllers/default.py", line 55, in <module>
  File "/srv/web2py/gluon/globals.py", line 422, in <lambda>
    self._caller = lambda f: f()
  File "/srv/web2py/applications/shop/controllers/default.py", line 14, in buy
    pay(order, password='hunter3')
    ~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/web2py/applications/shop/controllers/default.py", line 9, in pay
    raise NoCover(f"no cover for {amount} ₩")
__restricted__.NoCover: no cover for 5 ₩ 😀
"""


class XML(object):
    """Stands in for gluon.html.XML, which pickles itself like this."""

    def __init__(self, text):
        self.text = text


def unpickle(data):
    return XML(marshal.loads(data))


unpickle.__module__ = "gluon.html"
unpickle.__name__ = unpickle.__qualname__ = "XML_unpickle"
gluon = types.ModuleType("gluon.html")
gluon.XML_unpickle = unpickle
sys.modules["gluon"] = types.ModuleType("gluon")
sys.modules["gluon.html"] = gluon
copyreg.pickle(XML, lambda xml: (unpickle, (marshal.dumps(xml.text),)))


def ticket():
    deep = []
    for _ in range(40):
        deep = [deep, "layer", {"traceback": "not this one"}]
    return {
        "layer": "/srv/web2py/applications/shop/controllers/default.py",
        "code": "def buy():\n    pay(order, password='hunter3')\n" * 50,
        "output": "<class '__restricted__.NoCover'> no cover for 5 ₩ 😀",
        "traceback": TRACEBACK,
        "snapshot": {
            "pyver": "Python 3.11.7: /usr/bin/python3",
            "locals": {"password": "'hunter2'", "amount": "5"},
            "frames": [{"file": "x.py", "lnum": n, "lines": {n: "y"}} for n in range(50)],
            "long": list(range(1500)),
            "deep": deep,
            "bytes": b"\x00\xff\n.",
            "numbers": [
                1,
                -1,
                1 << 40,
                -(1 << 200),
                1.5,
                True,
                False,
                None,
                (),
                (1,),
                (1, 2, 3, 4),
            ],
            "sets": [{1, 2}, frozenset("ab"), bytearray(b"raw")],
            "request": XML("<table>secret</table>"),
            "same": deep,
        },
    }


def main():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        name = "python-%d-protocol-%d.pickle" % (sys.version_info[0], protocol)
        with io.open(os.path.join(HERE, name), "wb") as out:
            out.write(pickle.dumps(ticket(), protocol))


if __name__ == "__main__":
    main()
