"""Provide a mount namespace with cgroup v2 on machines with cgroup v1.

All podman commands share it, because a container's mounts are visible only in the namespace that
created it.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from testhosts import cleanup
from testhosts.cache import cache, identity, locked
from testhosts.machine import HarnessError, as_root, run, unified_cgroups

START_SECONDS = 10.0


def enter() -> list[str]:
    """Return the arguments that run a command in the namespace; none if it is not needed."""
    if unified_cgroups():
        return []
    with locked("namespace"):
        holder = _holder() or _start(cleanup.survivor())
    return ["nsenter", "--target", str(holder), "--mount", "--"]


def leave() -> None:
    """End the namespace if it has no host any more."""
    with locked("namespace"):
        holder = _holder()
        if holder and cleanup.survivor() is None:
            run(as_root(["kill", str(holder)]))
            _note().unlink()


def _note() -> Path:
    return cache() / "namespace.pid"


def _title() -> str:
    """Return the name of the process that holds the namespace, as ps shows it."""
    return f"holdfast-testhosts-{identity()}"


def _holder() -> int | None:
    try:
        number = int(_note().read_text())
        title = Path(f"/proc/{number}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return number if title.startswith(_title().encode()) else None


def _start(survivor: int | None) -> int:
    mount = "umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup || exit"
    where = ["unshare", "--mount", "--propagation", "private"]
    if survivor:
        mount, where = ":", ["nsenter", "--target", str(survivor), "--mount"]
    else:
        cleanup.distrust()
    script = f"{mount}; echo $$ > '{_note()}'; exec -a {_title()} sleep infinity"
    nothing = subprocess.DEVNULL
    argv = as_root([*where, "bash", "-c", script])
    started = subprocess.Popen(
        argv, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    deadline = time.monotonic() + START_SECONDS
    while (holder := _holder()) is None:
        if time.monotonic() > deadline or started.poll() is not None:
            raise HarnessError("a mount namespace with cgroup v2 cannot be made here", 2)
        time.sleep(0.02)
    return holder
