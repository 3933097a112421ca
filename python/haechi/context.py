"""Which request the running code belongs to.

A ContextVar, never a thread-local: greenlets and tasks share threads.
"""

from contextvars import ContextVar

current_request = ContextVar("haechi_request", default=None)
