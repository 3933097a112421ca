"""A crowd that gives every request a path of its own and knows which were answered."""

import http.client
import itertools
import threading

from waiting import until


class Load:
    """Sends requests from several threads between `with` and its end, one path each.

    `answered` are the paths whose answer came back whole, `broken` those whose connection
    was refused or died: the server may or may not have handled these. `port` may be changed
    while it runs.
    """

    def __init__(self, port: int, prefix: str, threads: int = 6, headers=None):
        self.port, self.prefix = port, prefix
        self.headers = {"Connection": "close", **(headers or {})}
        self.answered: dict[str, int] = {}
        self.broken: set[str] = set()
        self._numbers = itertools.count(1)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int, seconds: float = 30) -> None:
        """Waits until `more` requests were answered after now."""
        goal = len(self.answered) + more
        until(lambda: len(self.answered) >= goal, seconds, f"{more} more answers")

    @property
    def sent(self) -> "set[str]":
        return self.answered.keys() | self.broken

    def _run(self):
        while not self._over.is_set():
            path = f"{self.prefix}/{next(self._numbers)}"
            status = self._status(path)
            if status is None:
                self.broken.add(path)
                # nobody listens, most likely: do not spin until somebody does again
                self._over.wait(0.02)
            else:
                self.answered[path] = status

    def _status(self, path: str) -> "int | None":
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers=self.headers)
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
