"""Build disks of virtual machines from the distribution's packages, without root inside.

A disk holds ext4 without a partition; kernel and initial memory disk lie beside it.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from testhosts import images
from testhosts.cache import cache
from testhosts.machine import HarnessError, as_root, run

PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mke2fs": "e2fsprogs",
}
"""Debian package by program; needed only for virtual machines."""

MACHINE = (
    *("linux-image-cloud-amd64", "initramfs-tools", "udev", "kmod", "procps", "e2fsprogs"),
    *("apparmor", "systemd-timesyncd"),
)
"""Packages of a machine in addition to a container's."""

HOOK = """
set -e
cd "$1/etc"
printf '[Match]\\nName=en* eth*\\n[Network]\\nDHCP=yes\\n' > systemd/network/80-test.network
chroot "$1" systemctl enable systemd-networkd
printf 'nameserver 10.0.2.3\\n' > resolv.conf
printf '/dev/vda / ext4 defaults 0 1\\n' > fstab
# What a container leaves to its machine is this one's own.
rm -f systemd/system/systemd-modules-load.service systemd/system/systemd-sysctl.service
# Of this one word sshd takes the last value that it reads, not the first.
sed -i /MaxStartups/d ssh/sshd_config.d/10-test.conf
# A hundred profiles of programs that are not here take half a minute to compile under emulation.
find apparmor.d -maxdepth 1 -type f -delete
"""
SIZE = "6G"
"""Size of the disk; unwritten blocks use no space."""


@dataclass(frozen=True)
class Disk:
    """Root file system, kernel and initial memory disk, and the key of its sshd."""

    root: Path
    kernel: Path
    initrd: Path
    host_key: str


def missing() -> list[str]:
    """Return the packages that this machine lacks to make virtual machines."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [
        package for program, package in PACKAGES.items() if not shutil.which(program, path=path)
    ]


def shortcomings() -> list[str]:
    """Return the reasons why this machine can run no virtual machine; empty if it can."""
    if os.uname().machine != "x86_64":
        return ["expected an x86_64 machine for virtual machines"]
    lacking = ", ".join(missing())
    return [f"not installed: {lacking}. Run: python3 -m testhosts install"] if lacking else []


def disk(platform: str, flavour: str) -> Disk:
    """Return a disk; build it first if its recipe has changed."""
    recipe = images.recipe(platform, flavour, MACHINE, HOOK)
    parent = cache() / "disks"
    home = parent / f"{platform}-{flavour}-{recipe.fingerprint}"
    if not (home / "host.pub").exists():
        parent.mkdir(exist_ok=True)
        for old in parent.glob(f"{platform}-{flavour}-*"):
            run(as_root(["rm", "-rf", str(old)]))
        _build(recipe, home)
    key = " ".join((home / "host.pub").read_text().split()[:2])
    return Disk(home / "root.ext4", home / "kernel", home / "initrd", key)


def _build(recipe: images.Recipe, home: Path) -> None:
    home.mkdir()
    tree = home / "tree"
    try:
        run(as_root(recipe.command(tree)), timeout=1200)
        for name, pattern in (("kernel", "vmlinuz-*"), ("initrd", "initrd.img-*")):
            found = sorted((tree / "boot").glob(pattern))
            if not found:
                raise HarnessError(f"{home}: no boot/{pattern} in the image")
            run(as_root(["install", "-m", "0644", str(found[-1]), str(home / name)]))
        public = tree / "etc" / "ssh" / "ssh_host_ed25519_key.pub"
        make = ["mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0", "-d", str(tree)]
        run(as_root([*make, str(home / "root.ext4"), SIZE]))
        run(as_root(["install", "-m", "0644", str(public), str(home / "host.pub")]))
    finally:
        run(as_root(["rm", "-rf", "--one-file-system", str(tree)]))
