"""Find out if the file system of the images was repaired at boot, as after a power cut."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import Proofs
from ansible_collections.holdfast.registry.plugins.module_utils.system import systemd

BOOT_ID = "/proc/sys/kernel/random/boot_id"
_KERNEL = re.compile(
    r"(?:EXT[34]-fs \((?P<ext>[^)]+)\): recovery complete"
    r"|XFS \((?P<xfs>[^)]+)\): Starting recovery)"
)
_CHECK = re.compile(r".+: recovering journal")
"""Line of e2fsck, which names a label as often as a device: any file system counts."""


def request_after_crash(proofs: Proofs, directory: str) -> bool:
    """Request that all blobs are proven, once after such a boot; return True if it does."""
    with open(BOOT_ID, encoding="ascii") as stream:
        boot = stream.read().strip()
    if proofs.boot == boot:
        return False
    argv = ["journalctl", "--boot", "--no-pager", "--output", "cat"]
    argv += ["_TRANSPORT=kernel", "+", "SYSLOG_IDENTIFIER=systemd-fsck"]
    found = repaired(systemd.run(argv).stdout.splitlines(), device_of(directory))
    if found:
        proofs.request()
    proofs.boot = boot
    return found


def repaired(lines: Iterable[str], device: str) -> bool:
    """Return True if the lines of a boot say that the file system of a device was repaired."""
    for line in lines:
        kernel = _KERNEL.search(line)
        if (kernel and device in kernel.groups()) or _CHECK.fullmatch(line):
            return True
    return False


def device_of(directory: str) -> str:
    """Return the kernel's name of the device of a directory, such as `vda1`; "" if it has none."""
    number = os.stat(directory).st_dev
    path = f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"
    return os.path.basename(os.path.realpath(path)) if os.path.exists(path) else ""
