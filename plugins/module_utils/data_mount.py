"""The mount options of the data: a mount of the directory on itself, by a unit."""

from __future__ import annotations

from ansible_collections.holdfast.registry.plugins.module_utils import kernel, names, systemd

UNIT = names.DATA
OPTIONS = {"nodev", "nosuid", "noexec"}


def obstacle() -> str:
    """Return why nothing can be mounted here; empty: it can."""
    if not kernel.container():
        return ""
    tried = systemd.run(["unshare", "--mount", "mount", "--bind", "/mnt", "/mnt"])
    return "" if tried.returncode == 0 else "this container may mount nothing"


def load(root: str | None) -> None:
    """Mount the directory of the current generation; with None, take the mount away."""
    before = kernel.kept("data")
    directory = _directory(root) if root else None
    if before and before != directory:
        systemd.run(["systemctl", "stop", UNIT])
        if options(before) >= OPTIONS:
            systemd.must(["umount", "--lazy", before], "unmount the data")
    kernel.keep("data", directory)
    if root:
        systemd.systemctl("restart", UNIT)


def live(root: str) -> list[str]:
    """Return which option the directory of the data lacks."""
    directory = _directory(root)
    if kernel.kept("data") != directory:
        # The unit may have mounted it by itself: what is to be undone has to be known.
        return [f"{directory}: its mount is not noted"]
    lacking = sorted(OPTIONS - options(directory))
    return [f"{directory} is mounted without {', '.join(lacking)}"] if lacking else []


def options(directory: str) -> set[str]:
    """Return the options of what is mounted on a directory; none: nothing is. Source: proc(5)."""
    found: set[str] = set()
    with open("/proc/self/mountinfo", encoding="utf-8") as stream:
        for fields in map(str.split, stream):
            if fields[4] == directory:
                found = set(fields[5].split(","))
    return found


def _directory(root: str) -> str:
    with open(f"{root}/systemd/{UNIT}", encoding="utf-8") as stream:
        lines = [line.strip().split("=", 1) for line in stream]
    return next(line[1] for line in lines if line[0] == "RequiresMountsFor")
