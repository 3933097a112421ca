"""An HTTP client that remembers what it sent, for tests that compare totals."""

import http.client
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: "dict[str, str]"
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)


class Visitor:
    """Visits one loopback port. `sent` counts answered requests by app, `by_status` by class."""

    def __init__(self, port: int):
        self.port = port
        self.sent = Counter()
        self.by_status = Counter()
        self._lock = threading.Lock()

    def get(self, path: str, headers=None, method: str = "GET", body=None) -> Answer:
        """Sends one request on a connection of its own and counts it when it was answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method,
                path,
                body=body,
                headers={"Connection": "close", **(headers or {})},
            )
            response = connection.getresponse()
            answer = Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()
        app = path.split("?")[0].strip("/").split("/")[0].split(".")[0]
        with self._lock:
            self.sent[app] += 1
            self.by_status[app, answer.status // 100] += 1
        return answer

    def crowd(self, paths, threads: int = 8) -> "list[Answer]":
        """Sends all `paths` from several threads. Returns the answers in the same order."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.get, paths))
