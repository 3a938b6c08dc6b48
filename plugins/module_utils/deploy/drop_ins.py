"""Find the drop-ins that change units of ours: no generation brings any."""

from __future__ import annotations

import glob

DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
)
"""Directories of the host's units; `systemctl set-property` writes to system.control."""
UNITS = ("holdfast*", "service", "socket", "timer", "target")
"""Names of ours, and those of drop-ins for every unit of a kind."""


def drop_ins(root: str = "") -> list[str]:
    """Return the paths of drop-ins that systemd reads for our units; `root` is for tests."""
    patterns = [f"{root}{one}/{unit}.d/*.conf" for one in DIRECTORIES for unit in UNITS]
    return sorted(path.removeprefix(root) for one in patterns for path in glob.glob(one))
