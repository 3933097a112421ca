"""Records what the program prints, line by line, each with its request.

Only the method `write` of the two streams is replaced, on the streams themselves: they stay
the same objects on the same files, so colours, buffering and whoever holds them notice
nothing. What goes past `write` (C code, `sys.stdout.buffer`, other programs) is not seen.
"""

import atexit
import sys
from io import TextIOWrapper


def watch_output(module):
    """Replaces `write` of stdout and stderr, where the stream lets that be done."""
    for name, is_error in (("stdout", False), ("stderr", True)):
        first, now = getattr(sys, f"__{name}__", None), getattr(sys, name, None)
        watch_stream(first, module.OutputWrite, is_error)
        # one of another type, put there by the app, is likely to write to the first
        if type(now) is TextIOWrapper:
            watch_stream(now, module.OutputWrite, is_error)
    atexit.register(module.end_output)


def watch_stream(stream, output_write, is_error):
    """Replaces `write` of a stream that writes to a file; others are the app's own affair."""
    try:
        if isinstance(stream.write, output_write):
            return
        stream.fileno()
        stream.write = output_write(stream.write, is_error)
    except Exception:
        pass  # none, closed, a text kept in memory, or of a type that cannot be changed
