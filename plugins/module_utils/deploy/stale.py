"""Find the units whose processes run with files that an update has replaced, and reboots due."""

from __future__ import annotations

import os
import re

from ansible_collections.holdfast.registry.plugins.module_utils.system import systemd

_UNIT = re.compile(r"/([^/]+\.service)(?:/|$)")
_REPLACED = re.compile(
    r"^\S+ ..x. \S+ \S+ [1-9]\d* +(?!/(?:memfd|dev|tmp|run)\b)/.*\(deleted\)$", re.M
)
"""Code in memory whose file is gone. Of a file that its unit mounts alone, the path is `/`."""
REQUIRED = "/run/reboot-required"
MODULES = "/lib/modules"


def units() -> list[str]:
    """Return the units of the system whose processes use files that are deleted."""
    found = {_of(pid) for pid in os.listdir("/proc") if pid.isdigit() and replaced(pid)}
    return sorted(found - {""})


def replaced(pid: str) -> bool:
    """Return True if a process runs a program or a library that was replaced."""
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as stream:
            return in_maps(stream.read())
    except OSError:
        return False


def in_maps(text: str) -> bool:
    """Return True if a process's list of memory, proc_pid_maps(5), has code of a deleted file."""
    return _REPLACED.search(text) is not None


def _of(pid: str) -> str:
    """Return the unit of a process; "" for one of a user's session, or that has ended."""
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8") as stream:
            names = _UNIT.findall(stream.read().replace("\n", "/"))
    except OSError:
        return ""
    return "" if not names or names[0].startswith("user@") else str(names[0])


def reboots() -> list[str]:
    """Return the reasons to reboot: a newer kernel, systemd itself, or what a package says."""
    found = []
    running, newest = os.uname().release, _newest()
    if newest and newest != running:
        found.append(f"the kernel {newest} is installed, {running} runs")
    if replaced("1"):
        found.append("systemd itself, or a library of it, was replaced")
    if not found and os.path.exists(REQUIRED):
        found.append("a package requires it")
    return found


def _newest() -> str:
    """Return the newest kernel that is installed beside the running one; "" if none is."""
    try:
        names = os.listdir(MODULES)
    except OSError:
        return ""
    if os.uname().release not in names:  # a container, or a kernel from elsewhere
        return ""
    newest = os.uname().release
    for name in names:
        if not systemd.run(["dpkg", "--compare-versions", name, "gt", newest]).returncode:
            newest = name
    return newest
