"""Sends bytes as they are and reads what comes back: for requests no HTTP library would send."""

import socket
from dataclasses import dataclass


@dataclass
class RawAnswer:
    """`status` is None if nothing like an HTTP answer came."""

    status: "int | None"
    head: str
    body: bytes

    @property
    def whole(self) -> bytes:
        return self.head.encode("latin-1") + self.body


def exchange(port: int, request: bytes, seconds: float = 10, most: int = 1 << 20) -> RawAnswer:
    """Sends `request` and reads until the server closes, `most` bytes came or time is up."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            connection.sendall(request)
            while len(received) < most and (more := connection.recv(65536)):
                received += more
        except (TimeoutError, ConnectionError):
            pass  # what came until then counts
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    is_http = words[0].startswith(b"HTTP/1.") and len(words) > 1
    return RawAnswer(int(words[1]) if is_http else None, head.decode("latin-1"), body)


def get(path: str, headers, method: str = "GET", version: str = "1.1", body: bytes = b"") -> bytes:
    """The bytes of a request; `headers` are lines or pairs, sent as they are, nothing added
    but the wish to close."""
    lines = [f"{method} {path} HTTP/{version}", *map(line, headers), "Connection: close", "", ""]
    return "\r\n".join(lines).encode("utf-8") + body


def line(header) -> str:
    return header if isinstance(header, str) else f"{header[0]}: {header[1]}"
