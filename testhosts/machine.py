"""Detect the abilities of this machine, and what it lacks to run test hosts."""

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
    "iptables": "iptables",  # netavark of Debian 12 needs it, that of Debian 13 nft
    "nft": "nftables",
    "newuidmap": "uidmap",
    "fuse-overlayfs": "fuse-overlayfs",
    "ssh": "openssh-client",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
}
"""Debian package by program or file."""


class HarnessError(Exception):
    """The harness cannot continue; `code` is the exit code, the text is for a person."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def as_root(argv: Sequence[str]) -> list[str]:
    """Return a command that runs as root on this machine."""
    return list(argv) if os.geteuid() == 0 else ["sudo", *argv]


def run(
    argv: Sequence[str],
    *,
    check: bool = True,
    text: str | None = None,
    timeout: float = 600,
    title: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program, and keep its output. Raises HarnessError with its last lines.

    `text` is its input; `title` names it in an error; `timeout` is in seconds.
    """
    title = title or " ".join(argv[:4])
    try:
        done = subprocess.run(
            argv, input=text or "", capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise HarnessError(f"{title}: took more than {timeout:.0f} s") from None
    except FileNotFoundError:
        text = f"{argv[0]}: no such program. Run: python3 -m testhosts install"
        raise HarnessError(text, 2) from None
    if check and done.returncode:
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise HarnessError(f"{title}: exit code {done.returncode}:\n{last}")
    return done


def missing() -> list[str]:
    """Return the packages that the harness needs and this machine lacks."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [
        package
        for thing, package in PACKAGES.items()
        if not (Path(thing).exists() if "/" in thing else shutil.which(thing, path=path))
    ]


def shortcomings() -> list[str]:
    """Return the reasons why this machine cannot run a host now; empty if it can."""
    lacking = ", ".join(missing())
    install = [f"not installed: {lacking}. Run: python3 -m testhosts install"] if lacking else []
    return [*doctor(), *install]


def install(packages: Sequence[str]) -> None:
    """Install packages with apt; do nothing without packages."""
    if not packages:
        return
    run(as_root(["apt-get", "-qq", "update"]))
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "install", "-y"]
    # Another clone may install at this moment.
    patient = ["-o", "DPkg::Lock::Timeout=300", "--no-install-recommends"]
    run(as_root([*quiet, *patient, *packages]), timeout=1800)


def unified_cgroups() -> bool:
    """Return True if cgroup v2 is mounted where systemd expects it."""
    return Path("/sys/fs/cgroup/cgroup.controllers").exists()


def doctor() -> list[str]:
    """Return the reasons why this machine cannot host systemd containers; empty if it can."""
    if not shutil.which("apt-get"):
        return ["expected Debian or Ubuntu (apt-get), found neither. Use another machine"]
    if os.geteuid() and not shutil.which("sudo"):
        return ["expected root or sudo, found neither. Run as root, or install sudo"]
    if os.geteuid() and run(["sudo", "-n", "true"], check=False).returncode:
        return ["expected sudo without a password here. Run `sudo true` first, or be root"]
    if not _can_mount():
        return [
            "expected the right to mount file systems and to make networks, and cgroup v2; found"
            " them refused (a container without privileges?). Use a machine or a virtual machine"
            " of your own"
        ]
    return []


def _can_mount() -> bool:
    """Test the mounts of podman and of the cgroup v2 namespace, in a namespace of its own."""
    script = "umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup"
    if unified_cgroups():
        script = "mount -t tmpfs none /mnt && test -w /sys/fs/cgroup/cgroup.procs"
    argv = as_root(["unshare", "--mount", "--net", "sh", "-c", script])
    return run(argv, check=False, timeout=20).returncode == 0
