"""Clean up what podman notes of hosts, after a boot or after their processes were killed.

podman detects a boot itself if /run is empty. Not every machine empties it.
"""

from __future__ import annotations

from pathlib import Path

from testhosts.cache import cache, identity, locked
from testhosts.machine import as_root, run

SWEEP = """
umount -l /run/netns/netns-* 2>/dev/null
rm -rf /run/netns/netns-* /run/crun /run/containers/networks/ipam.db
"""
"""Script that removes networks, processes and addresses of all containers of the machine."""


def volatile() -> str:
    """Return the folder of podman's notes about running containers."""
    return f"/run/holdfast-{identity()}"


def survivor() -> int | None:
    """Return a process that monitors one of our containers; None if there is none."""
    mark = f"{cache()}/graph".encode()
    ours = (number for number, line in _monitors().items() if mark in line)
    return next(ours, None)


def distrust() -> None:
    """Make the next podman command drop its notes of running containers."""
    _note().unlink(missing_ok=True)


def forget_what_ran() -> None:
    """Remove notes from before the boot, or of processes that were killed."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    with locked("boot"):
        if _note().exists() and _note().read_text() == boot:
            return
        if survivor() is None:
            run(as_root(["rm", "-rf", volatile()]))
        if not _monitors():
            # Another clone may be about to start its first container: then the next command sweeps.
            if _processes("podman"):
                return
            run(as_root(["sh", "-c", SWEEP]))
        _note().write_text(boot)


def _note() -> Path:
    return cache() / "boot"


def _monitors() -> dict[int, bytes]:
    """Return the command lines of all processes that monitor a container on this machine."""
    return _processes("conmon")


def _processes(program: str) -> dict[int, bytes]:
    """Return the command lines of all processes of a program on this machine."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if line.split(b"\0")[0].endswith(program.encode()):
            found[int(process.name)] = line
    return found
