"""A terminal that a test types into and looks at: tmux on a socket of its own."""

import shlex
import subprocess
from pathlib import Path

from servers import clean_environment
from waiting import until


class Terminal:
    """One window with a shell in it, of `columns` times `rows`."""

    def __init__(self, folder: Path, columns: int = 130, rows: int = 40, **environment: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.socket = folder / "tmux"
        self._tmux(
            *("new-session", "-d", "-x", str(columns), "-y", str(rows)),
            "env PS1='prompt$ ' sh -i",
            environment=clean_environment(TERM="screen", LC_ALL="C.UTF-8", **environment),
        )
        until(lambda: "prompt$" in self.screen, 10, "the shell's prompt")

    def _tmux(self, *arguments: str, environment=None) -> str:
        command = ["tmux", "-f", "/dev/null", "-S", str(self.socket), *arguments]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=10, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def close(self) -> None:
        self._tmux("kill-server")

    @property
    def screen(self) -> str:
        """What is on the screen, as plain text."""
        return self._tmux("capture-pane", "-p")

    @property
    def painted(self) -> str:
        """What is on the screen, with the sequences that paint it."""
        return self._tmux("capture-pane", "-p", "-e")

    def state(self, name: str) -> str:
        """A variable of tmux: `alternate_on`, `cursor_flag`, `pane_title`, `pane_pid` …"""
        return self._tmux("display-message", "-p", "#{" + name + "}").strip()

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: `Enter`, `Escape`, `C-z`, `q`."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def run(self, *command: object) -> None:
        """Types a command line."""
        self.type(shlex.join(str(part) for part in command))
        self.press("Enter")

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def see(self, *wanted, seconds: float = 15) -> str:
        """Waits until all that is wanted is on the screen at once: texts, and functions of
        the screen. Returns it; it may be looked at while it is painted, so that what is
        asserted of it otherwise may be about to come.
        """
        looked = ""

        def all_there():
            nonlocal looked
            looked = self.screen
            return all(one in looked if isinstance(one, str) else one(looked) for one in wanted)

        try:
            until(all_there, seconds, f"{wanted} on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows\n{looked}") from None
        return looked

    def child(self) -> int:
        """The process that the shell has started."""
        shell = self.state("pane_pid")
        children = Path(f"/proc/{shell}/task/{shell}/children")
        return int(until(lambda: children.read_text().split(), 5, "a program in the shell")[0])
