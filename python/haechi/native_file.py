"""Looks at the file of the native part before it is loaded.

The system's loader maps what the file's headers promise; touching what is not there would end
the app by SIGBUS. A file that an interrupted copy or a full disk cut short is refused here.
"""

import os
import struct

# offsets and sizes of ELF's header and program headers, 64 bit and 32 bit (gabi, chapters 4, 5)
LAYOUTS = {2: ("Q", 32, 54, 8, 32), 1: ("I", 28, 42, 4, 16)}
CLASS, ORDER = 4, 5


def check():
    """Raises ImportError if the native part's file is cut short; anything odd is left to the loader."""
    folder = os.path.dirname(os.path.abspath(__file__))
    for name in os.listdir(folder):
        if name.startswith("_native.") and name.endswith(".so"):
            with open(os.path.join(folder, name), "rb") as file:
                if os.fstat(file.fileno()).st_size < promised(file.read(8192)):
                    raise ImportError("its file is cut short")


def promised(head):
    """Bytes that the file needs to have by its headers; 0 if they are no ELF headers."""
    if head[:4] != b"\x7fELF" or len(head) < 64 or head[CLASS] not in LAYOUTS:
        return 0
    word, table_at, entries_at, from_at, size_at = LAYOUTS[head[CLASS]]
    order = "<" if head[ORDER] == 1 else ">"
    (table,) = struct.unpack_from(order + word, head, table_at)
    length, number = struct.unpack_from(order + "HH", head, entries_at)
    needed = table + length * number
    for index in range(number):
        entry = table + index * length
        if entry + length > len(head):
            break
        (begins,) = struct.unpack_from(order + word, head, entry + from_at)
        (size,) = struct.unpack_from(order + word, head, entry + size_at)
        needed = max(needed, begins + size)
    return needed
