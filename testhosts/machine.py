"""What this machine is like, and what it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

PACKAGES = {
    "podman": "podman",
    "crun": "crun",
    "mmdebstrap": "mmdebstrap",
    "iptables": "iptables",
    "newuidmap": "uidmap",
    "fuse-overlayfs": "fuse-overlayfs",
    "ssh": "openssh-client",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
}
"""Debian package by a program or file that it brings."""


class HarnessError(Exception):
    """The harness cannot go on; the text is for a person. `code` is the exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def cache() -> Path:
    """Return the folder of images, keys and hosts; git ignores it."""
    base = os.environ.get("HOLDFAST_CACHE")
    folder = Path(base) if base else Path(__file__).parents[1] / ".cache" / "testhosts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def as_root(argv: Sequence[str]) -> list[str]:
    """Return a command that runs as root here."""
    return list(argv) if os.geteuid() == 0 else ["sudo", *argv]


def run(
    argv: Sequence[str], *, check: bool = True, text: str | None = None, timeout: float = 600
) -> subprocess.CompletedProcess[str]:
    """Run a program with its output kept; HarnessError with the last lines when it fails."""
    done = subprocess.run(
        argv,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and done.returncode:
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise HarnessError(f"{' '.join(argv[:6])} gave exit code {done.returncode}:\n{last}")
    return done


def missing() -> list[str]:
    """Return the packages that the harness needs and this machine has not."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [
        package
        for thing, package in PACKAGES.items()
        if not (Path(thing).exists() if "/" in thing else shutil.which(thing, path=path))
    ]


def install() -> list[str]:
    """Install what is missing; return it."""
    wanted = missing()
    if wanted:
        run(as_root(["apt-get", "-qq", "update"]))
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "install", "-y"]
        run(as_root([*quiet, "--no-install-recommends", *wanted]), timeout=1800)
    return wanted


def unified_cgroups() -> bool:
    """Tell whether cgroup v2 is mounted where systemd looks for it."""
    return Path("/sys/fs/cgroup/cgroup.controllers").exists()


def doctor() -> list[str]:
    """Return why this machine cannot host systemd containers, in sentences; empty: it can."""
    found = []
    if not shutil.which("apt-get"):
        found.append("expected Debian or Ubuntu (apt-get), found neither. Use another machine")
    if os.geteuid() and not shutil.which("sudo"):
        found.append("expected root or sudo, found neither. Run as root, or install sudo")
    if not found and os.geteuid() and run(["sudo", "-n", "true"], check=False).returncode:
        found.append("expected sudo without a password here. Run `sudo true` first, or be root")
    if not found and not unified_cgroups() and not _can_mount():
        found.append(
            "expected cgroup v2, or the right to mount it; found neither (a container without"
            " privileges?). Use a machine or a virtual machine of your own"
        )
    return found


def _can_mount() -> bool:
    script = "umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup"
    return run(as_root(["unshare", "-m", "sh", "-c", script]), check=False).returncode == 0
