"""Keeps the disk below a folder busy until it is killed: writing.py FOLDER."""

import os
import sys
from pathlib import Path

BLOCK = os.urandom(1 << 20)
folder = Path(sys.argv[1])
files = [os.open(folder / f"large-{n}", os.O_CREAT | os.O_RDWR, 0o600) for n in range(4)]
told = False
while True:
    for file in files:
        os.lseek(file, 0, os.SEEK_SET)
        for _ in range(8):
            os.write(file, BLOCK)
        # commits the file system's journal too: small files come and go in it
        for number in range(50):
            small = os.open(folder / f"small-{number}", os.O_CREAT | os.O_RDWR, 0o600)
            os.write(small, BLOCK[:5000])
            os.close(small)
        os.fsync(file)
        for number in range(50):
            os.unlink(folder / f"small-{number}")
        if not told:
            print("busy", flush=True)
            told = True
