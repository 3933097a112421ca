"""A real `haechi serve` on a free loopback port, started and stopped."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from programs import HAECHI, Problem, plain_environment

UP_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`haechi serve` on a data folder, for a `with` block."""

    def __init__(self, data: Path):
        self.data = data
        self.port = free_port()
        self.up_ms = 0.0
        self.connection = None

    def __enter__(self) -> "Server":
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            [HAECHI, "serve", "--data", self.data, "--port", str(self.port)],
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            close_fds=False,
        )
        while not self.answers():
            if self.process.poll() is not None:
                said = self.process.stderr.read().decode(errors="replace").strip()
                raise Problem(f"haechi serve ended with {self.process.returncode}: {said}")
            if time.perf_counter() - begun > UP_S:
                self.__exit__()
                raise Problem(f"haechi serve did not answer within {UP_S} s")
            time.sleep(0.0003)
        self.up_ms = (time.perf_counter() - begun) * 1e3
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        return self

    def answers(self) -> bool:
        """Whether `/healthz` says 200 now."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
                host = f"Host: 127.0.0.1:{self.port}\r\n"
                link.sendall(f"GET /healthz HTTP/1.0\r\n{host}\r\n".encode())
                return b" 200 " in link.recv(64)
        except OSError:
            return False

    def bytes_of(self, path: str) -> bytes:
        """The body of an answer, over one connection that is kept."""
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise Problem(f"{path} answered {answer.status}: {body[:200].decode()}")
        return body

    def get(self, path: str) -> dict:
        return json.loads(self.bytes_of(path))

    def memory_kb(self, name: str = "VmRSS") -> int:
        """A line of the process's memory status, in kB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        return 0

    def cpu_s(self) -> float:
        """CPU time of the whole process so far, in seconds."""
        # the kernel's number of the CPU clock of another process
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def pause(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def __exit__(self, *_) -> None:
        if self.connection is not None:
            self.connection.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stderr.close()
