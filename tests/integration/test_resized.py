"""A deploy on a real terminal that becomes narrow meanwhile, of one host, which it names once."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from fcntl import ioctl
from pathlib import Path
from threading import Thread

import pytest

from tests.unit.test_init import NAME, on_terminal

LEAST = ["--hostname", NAME, "--tls", "private", "--user", "ann", "--host", "127.0.0.1", "--yes"]
WIDE, NARROW = 100, 40


class Silent:
    """An ssh server that says nothing, until it hangs up."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._taken: list[socket.socket] = []
        Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self._taken.append(self._server.accept()[0])
            except OSError:
                return

    def hang_up(self) -> None:
        """Close every connection, and take none any more."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in self._taken:
            one.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    yield Silent()


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: Silent) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    code, shown = on_terminal(["init", str(tmp_path / "acme"), *LEAST], [])
    assert code == 0, shown
    hosts = tmp_path / "acme/hosts.yml"
    hosts.write_text(hosts.read_text() + f"      ansible_port: {silent.port}\n")
    return tmp_path / "acme"


def sized(terminal: int, columns: int) -> None:
    """Give a terminal another width, as a window manager does."""
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def deployed(inventory: Path, meanwhile: Callable[[int], None]) -> tuple[int, str]:
    """Deploy on a wide terminal; call a function once the host is waited for."""
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        known = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
        argv = [sys.executable, "-m", "holdfast", "deploy", "-i", str(inventory)]
        os.execve(sys.executable, argv, {**known, "TERM": "xterm"})
    sized(terminal, WIDE)
    shown, end, waits = "", time.monotonic() + 60, True
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 4096).decode()
            except OSError:
                break
        if waits and "Compare the host" in shown:
            waits = False
            meanwhile(terminal)
            shown += "\nRESIZED\n"
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def test_after_a_resize_lines_break_at_the_new_width(inventory: Path, silent: Silent) -> None:
    def meanwhile(terminal: int) -> None:
        sized(terminal, NARROW)
        time.sleep(0.3)  # the line of what is waited for is drawn again
        silent.hang_up()

    code, shown = deployed(inventory, meanwhile)
    assert code == 3, shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    after = plain.partition("RESIZED")[2]
    lines = [line.split("\r")[-1] for line in after.replace("\r\n", "\n").split("\n")]
    said = [line for line in lines if line.strip()]
    assert any("unreachable" in line for line in said), plain
    too_long = [line for line in said if len(line) > NARROW and len(line.split()) > 1]
    assert too_long == []
    # The name of the only host is a line of its own, and is in no line of a phase.
    whole = [line.split("\r")[-1] for line in plain.replace("\r\n", "\n").split("\n")]
    assert [line for line in whole if line == NAME] == [NAME]
    assert not [line for line in whole if re.match(rf"{NAME}  (gate|preflight|unreachable)", line)]
