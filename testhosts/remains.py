"""What outlives the processes of hosts: after a boot, or when all of them were killed.

podman finds out by itself where /run is empty after a boot; not every machine empties it.
"""

from __future__ import annotations

from pathlib import Path

from testhosts.cache import cache, identity, locked
from testhosts.machine import as_root, run

SWEEP = """
umount -l /run/netns/netns-* 2>/dev/null
rm -rf /run/netns/netns-* /run/crun /run/containers/networks/ipam.db
"""
"""Networks, processes and addresses of all containers of the machine, ours and others."""


def volatile() -> str:
    """Return the folder in which podman notes what runs."""
    return f"/run/holdfast-{identity()}"


def survivor() -> int | None:
    """Return a process that watches over one of our containers; None when none is left."""
    mark = f"{cache()}/graph".encode()
    ours = (number for number, line in _monitors().items() if mark in line)
    return next(ours, None)


def distrust() -> None:
    """Let the next command of podman forget what ran."""
    _note().unlink(missing_ok=True)


def forget_what_ran() -> None:
    """Remove notes of an earlier boot, or of processes that were all killed."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    with locked("boot"):
        if _note().exists() and _note().read_text() == boot:
            return
        if survivor() is None:
            run(as_root(["rm", "-rf", volatile()]))
        if not _monitors():
            run(as_root(["sh", "-c", SWEEP]))
        _note().write_text(boot)


def _note() -> Path:
    return cache() / "boot"


def _monitors() -> dict[int, bytes]:
    """Return the command lines of all processes that watch over a container on this machine."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if line.split(b"\0")[0].endswith(b"conmon"):
            found[int(process.name)] = line
    return found
