"""Obtain programs of Debian packages that are unpacked, not installed, and await their ports."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from testhosts.cache import cache, locked
from testhosts.machine import HarnessError, run

START_SECONDS = 20


def unpacked(name: str, packages: Sequence[str]) -> Path:
    """Return the folder with the unpacked packages. Raises HarnessError 4 if it is unavailable."""
    folder = cache() / name
    with locked(name):
        if not (folder / "done").exists():
            folder.mkdir(exist_ok=True)
            unpack = "for file in *.deb; do dpkg -x $file .; done"
            script = f"apt-get -qq download {' '.join(packages)} && {unpack}"
            try:
                run(["sh", "-c", f"cd {folder} && {script}"], timeout=300)
            except HarnessError as error:
                raise HarnessError(f"{name}: cannot be had: {error}", 4) from None
            (folder / "done").touch()
    return folder


def await_ports(
    name: str, process: subprocess.Popen[bytes], ports: Sequence[tuple[str, int]], log: Path
) -> None:
    """Return when a process listens on all ports. Raises HarnessError 4 with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if all(map(_answers, ports)):
            return
        time.sleep(0.02)
    text = log.read_text(errors="replace")[-1500:]
    raise HarnessError(f"{name}: does not listen: {text}", 4)


def _answers(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, 1).close()
    except OSError:
        return False
    return True
