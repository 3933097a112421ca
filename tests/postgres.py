"""A PostgreSQL cluster of the tests' own, on a free loopback port, run by nobody important."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

from servers import free_port, listens
from waiting import until

USER = "haechi"


def program(name):
    """Returns the path of a program of PostgreSQL, which Debian keeps out of the PATH."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")) or [shutil.which(name)]
    assert found[-1], f"{name} was not found; install PostgreSQL (Debian: apt install postgresql)"
    return found[-1]


def not_as_root():
    """The words before a command that make it run as `postgres`: as root it refuses to."""
    if os.getuid() != 0:
        return [], None
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"], user


@dataclass
class Postgres:
    """A running cluster. `uri` is for pydal; `dsn` for everybody else."""

    port: int

    @property
    def dsn(self):
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    @property
    def uri(self):
        return f"postgres:psycopg2://{USER}@127.0.0.1:{self.port}/postgres"


def start():
    """Yields a cluster and removes it afterwards."""
    folder = tempfile.mkdtemp(prefix="haechi-postgres-")
    prefix, user = not_as_root()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, port = os.path.join(folder, "data"), free_port()
    make = [program("initdb"), "--no-sync", "--auth=trust", f"--username={USER}", data]
    subprocess.run([*prefix, *make], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    options = {"listen_addresses": "127.0.0.1", "fsync": "off", "unix_socket_directories": folder}
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    run = [program("postgres"), "-D", data, "-p", str(port), *settings]
    with open(os.path.join(folder, "log.txt"), "wb") as log:
        process = subprocess.Popen([*prefix, *run], cwd=folder, stdout=log, stderr=log)
    try:
        until(lambda: listens(port) or process.poll() is not None, 60, "PostgreSQL")
        assert process.poll() is None, open(os.path.join(folder, "log.txt")).read()
        yield Postgres(port)
    finally:
        process.terminate()  # no new connections, and those there are end with their servers
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
