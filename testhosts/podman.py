"""podman with a configuration and a store of our own, in one mount namespace for the machine."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testhosts.machine import HarnessError, as_root, cache, run, unified_cgroups

LIMITS = (("nofile", resource.RLIMIT_NOFILE, 16384), ("nproc", resource.RLIMIT_NPROC, 4096))
"""podman's own defaults are higher than a container without CAP_SYS_RESOURCE may set."""

NETWORK, SUBNET = "holdfast-test", "10.89.77"


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time build images and hand out addresses."""
    with (cache() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def podman(*arguments: str, check: bool = True, text: str | None = None) -> str:
    """Run podman; return what it prints."""
    return run([*_prefix(), "podman", *arguments], check=check, text=text, timeout=900).stdout


def create_network() -> None:
    """Make the network of the hosts, once."""
    if run([*_prefix(), "podman", "network", "exists", NETWORK], check=False).returncode:
        podman("network", "create", "--subnet", f"{SUBNET}.0/24", NETWORK)


def settings_of(container: str) -> dict[str, object]:
    """Return what podman knows of a container; empty when there is none."""
    done = run([*_prefix(), "podman", "inspect", container], check=False)
    return dict(json.loads(done.stdout)[0]) if done.returncode == 0 else {}


def run_options() -> list[str]:
    """Return the options with which systemd runs in a container on this machine."""
    options = ["--systemd=always", "--privileged", "--pull=never"]
    return options if unified_cgroups() else [*options, "--cgroups=disabled", "--pids-limit=-1"]


def _prefix() -> list[str]:
    folder = cache()
    _configure(folder)
    environment = [
        f"CONTAINERS_CONF={folder / 'containers.conf'}",
        f"CONTAINERS_STORAGE_CONF={folder / 'storage.conf'}",
    ]
    enter = [] if unified_cgroups() else ["nsenter", "-t", str(_namespace(folder)), "-m", "--"]
    return as_root([*enter, "env", *environment])


def _configure(folder: Path) -> None:
    """Write podman's configuration: limits no higher than this machine allows, our own store."""
    limits = []
    for name, kind, most in LIMITS:
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(hard, most)
        limits.append(f'"{name}={bound}:{bound}"')
    manager = "systemd" if Path("/run/systemd/system").is_dir() else "cgroupfs"
    texts = {
        "containers.conf": f"[containers]\ndefault_ulimits = [{', '.join(limits)}]\n"
        f'[engine]\ncgroup_manager = "{manager}"\nruntime = "crun"\n'
        '[network]\nnetwork_backend = "netavark"\n',
        "storage.conf": f'[storage]\ndriver = "overlay"\ngraphroot = "{folder / "graph"}"\n'
        f'runroot = "{folder / "run"}"\n',
    }
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def _namespace(folder: Path) -> int:
    """Return the process that holds a mount namespace with cgroup v2; made when it is gone.

    One for the whole machine: containers of one cannot be seen from another.
    """
    note = folder / "namespace.pid"
    if note.exists() and _is_ours(int(note.read_text())):
        return int(note.read_text())
    script = "umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec sleep infinity"
    argv = as_root(["unshare", "-m", "--propagation", "private", "sh", "-c", script])
    nothing = subprocess.DEVNULL
    holder = subprocess.Popen(
        argv, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    deadline = time.monotonic() + 10
    while not _is_ours(holder.pid):
        if time.monotonic() > deadline or holder.poll() is not None:
            raise HarnessError("a mount namespace with cgroup v2 cannot be made here", 2)
        time.sleep(0.05)
    note.write_text(str(holder.pid))
    return holder.pid


def _is_ours(pid: int) -> bool:
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes()
        return title.startswith(b"sleep\0infinity") and os.path.exists(f"/proc/{pid}/ns/mnt")  # noqa: PTH110
    except OSError:
        return False
