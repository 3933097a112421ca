"""As much of a MySQL server as a driver needs to ask it something: every SELECT gives one row.

The packets are those of the protocol's version 10; whoever comes is let in.
"""

import socket
import socketserver
import struct
import threading

UTF8, TEXT = 45, 253
# protocol 4.1, transactions, secure connection, plugin auth, with a database
CAPABILITIES = 0x00000200 | 0x00000008 | 0x00002000 | 0x00008000 | 0x00080000


def text(value):
    return bytes([len(value)]) + value


def ok(rows=0):
    return b"\x00" + bytes([rows]) + b"\x00" + struct.pack("<HH", 2, 0)


def error(number, state, message):
    return b"\xff" + struct.pack("<H", number) + b"#" + state + message


END = b"\xfe" + struct.pack("<HH", 0, 2)


class Session(socketserver.BaseRequestHandler):
    def send(self, *packets):
        for packet in packets:
            self.request.sendall(
                struct.pack("<I", len(packet))[:3] + bytes([self.sequence]) + packet
            )
            self.sequence = (self.sequence + 1) % 256

    def receive(self):
        head = self.exactly(4)
        self.sequence = (head[3] + 1) % 256
        return self.exactly(int.from_bytes(head[:3], "little"))

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.request.recv(count - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    def greeting(self):
        low, high = CAPABILITIES & 0xFFFF, CAPABILITIES >> 16
        return (
            b"\x0a8.0.0-test\x00"
            + struct.pack("<I", 1)
            + b"12345678\x00"
            + struct.pack("<HBHHB", low, UTF8, 2, high, 21)
            + bytes(10)
            + b"123456789012\x00mysql_native_password\x00"
        )

    def handle(self):
        self.sequence = 0
        try:
            self.send(self.greeting())
            self.receive()
            self.send(ok())
            while True:
                command = self.receive()
                if command[:1] == b"\x01":
                    return
                self.answer(command[1:].upper() if command[:1] == b"\x03" else b"")
        except (ConnectionError, socket.timeout):
            return

    def answer(self, query):
        if b"NOWHERE" in query:
            self.send(error(1146, b"42S02", b"Table 'd.nowhere' doesn't exist"))
        elif query.startswith(b"SELECT"):
            column = b"".join(map(text, (b"def", b"d", b"item", b"item", b"name", b"name")))
            column += b"\x0c" + struct.pack("<HIBHB", UTF8, 255, TEXT, 0, 0) + b"\x00\x00"
            self.send(b"\x01", column, END, text(b"lantern"), END)
        else:
            self.send(ok(2 if query.startswith(b"INSERT") else 0))


def start():
    """Yields the port of a server that runs until the test is over."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
