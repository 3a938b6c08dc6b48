"""Open the repository of a backup: on another disk, created once, without our dead locks."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import (
    Restic,
    ResticError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupPlan,
    )

KNOWN = "repositories.json"
"""File with the identity of each repository that a backup has used, by target."""
STALE_SECONDS = 30 * 60.0
"""Age of a lock above which `restic unlock` removes it, whoever made it."""
_ABSENT = ("no such file", "does not exist", "not found", "status 404", "nosuchkey")
"""Parts of the messages for a repository that is not there, by the kinds of targets."""


def opened(restic: Restic) -> None:
    """Create the repository if it is not there yet, and remove locks of our dead processes.

    Raises StepError, also if a repository that was there has gone.
    """
    plan = restic.plan
    _refuse_same_disk(plan)
    identity = _identity(restic)
    path = os.path.join(plan["work"], KNOWN)
    known: dict[str, str] = files.read_json(path) or {}
    before = known.get(plan["target"])
    if identity is None and before:
        raise StepError(
            f"{plan['target']}: expected the repository {before[:8]} of earlier backups, found"
            f" none. Mount its disk; to begin another one, remove {path}"
        )
    if identity is None:
        restic.run("init")
        identity = _identity(restic) or ""
    if identity != before:
        files.replace(path, json.dumps({**known, plan["target"]: identity}).encode(), 0o600)
    unlock(restic)


def unlock(restic: Restic) -> int:
    """Remove the locks that dead processes of this host left; return their number.

    None is removed if that would remove a lock of another host, too.
    """
    locks = list(_locks(restic))
    dead = [one for one in locks if _is_ours(one) and not _runs(one["pid"])]
    others = [one for one in locks if not _is_ours(one) and _age(one) > STALE_SECONDS]
    if not dead or others:
        return 0
    restic.run("unlock")
    return len(dead)


def same_disk(path: str, others: tuple[str, ...]) -> str:
    """Return the first of other directories that is on the same disk as a path; "" if none is."""
    disk = _disk(path)
    return next((one for one in others if os.path.exists(one) and _disk(one) == disk), "")


def _refuse_same_disk(plan: BackupPlan) -> None:
    path = plan["path"]
    if not path:
        return
    if not os.path.isdir(path):
        raise StepError(
            f"{path}: expected a directory, found none. Create it on a disk of its own, or mount it"
        )
    other = same_disk(path, tuple(filter(None, (plan["images"], "/"))))
    if other and not plan["same_disk"]:
        raise StepError(
            f"{path}: expected another disk than that of {other}, which is lost together with it."
            " Mount another disk there, choose a server as registry_backup_target, or set"
            " registry_backup_same_disk: true"
        )


def _disk(path: str) -> str:
    """Return a name of the disk of a path: partitions of one disk have the same."""
    number = os.stat(path).st_dev
    device = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if os.path.exists(f"{device}/partition"):
        return os.path.dirname(device)
    return device if os.path.exists(device) else str(number)


def _identity(restic: Restic) -> str | None:
    """Return the identity of the repository; None if there is none at the target."""
    try:
        return str(json.loads(restic.run("cat", "config"))["id"])
    except ResticError as error:
        said = error.said.lower()
        if "unable to open config file" in said and any(part in said for part in _ABSENT):
            return None
        raise


def _locks(restic: Restic) -> Iterator[dict[str, Any]]:
    for name in restic.run("list", "locks", "--no-lock", "--quiet").split():
        try:
            yield json.loads(restic.run("cat", "lock", name, "--no-lock", "--quiet"))
        except ResticError:  # its process has ended
            continue


def _is_ours(lock: dict[str, Any]) -> bool:
    return lock.get("hostname") == socket.gethostname() and lock.get("uid", 0) == os.getuid()


def _runs(number: int) -> bool:
    try:
        with open(f"/proc/{number}/comm", encoding="utf-8") as stream:
            return stream.read().strip() == "restic"
    except OSError:
        return False


def _age(lock: dict[str, Any]) -> float:
    """Return the seconds since a lock was made or renewed."""
    text = str(lock.get("time", ""))[:19]
    zone = str(lock.get("time", ""))[-6:]
    try:
        made = datetime.fromisoformat(text + (zone if zone[:1] in "+-" else "+00:00"))
    except ValueError:
        return 0.0
    return time.time() - made.timestamp()
