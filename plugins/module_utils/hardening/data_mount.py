"""Set mount options of the data directory: a unit mounts it on itself."""

from __future__ import annotations

from ansible_collections.holdfast.registry.plugins.module_utils.hardening import sysctl
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_text,
    paths,
    systemd,
)

UNIT = paths.DATA
OPTIONS = {"nodev", "nosuid", "noexec"}


def obstacle() -> str:
    """Return the reason why nothing can be mounted here; empty if it can."""
    if not sysctl.container():
        return ""
    tried = systemd.run(["unshare", "--mount", "mount", "--bind", "/mnt", "/mnt"])
    return "" if tried.returncode == 0 else "this container may mount nothing"


def load(root: str | None) -> None:
    """Mount the data directory of the current generation; None removes the mount."""
    before = sysctl.kept("data")
    directory = _directory(root) if root else None
    if before and before != directory:
        systemd.run(["systemctl", "stop", UNIT])
        if options(before) >= OPTIONS:
            systemd.run_checked(["umount", "--lazy", before], "unmount the data")
    sysctl.keep("data", directory)
    if root:
        systemd.systemctl("restart", UNIT)


def inactive(root: str) -> list[str]:
    """Return a problem if the data directory lacks a mount option."""
    directory = _directory(root)
    if sysctl.kept("data") != directory:
        # The unit may have mounted it by itself, but the mount to undo has to be known.
        return [f"{directory}: its mount is not noted"]
    lacking = sorted(OPTIONS - options(directory))
    return [f"{directory} is mounted without {', '.join(lacking)}"] if lacking else []


def options(directory: str) -> set[str]:
    """Return the mount options of a directory; empty if it is no mount. Source: proc(5)."""
    found: set[str] = set()
    for line in foreign_text.read("/proc/self/mountinfo").split("\n"):
        fields = line.split(" ")
        if len(fields) > 5 and fields[4] == directory:
            found = set(fields[5].split(","))
    return found


def _directory(root: str) -> str:
    with open(f"{root}/systemd/{UNIT}", encoding="utf-8") as stream:
        lines = [line.strip().split("=", 1) for line in stream]
    return next(line[1] for line in lines if line[0] == "RequiresMountsFor")
