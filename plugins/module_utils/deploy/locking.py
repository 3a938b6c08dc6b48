"""Close the host to deploys for as long as a person wants, with the reason.

The note on the disk is for people. It outlives boots, unlike the lock that one deploy at a time
holds while it runs.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_text,
    paths,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import Locked
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import LockOrder

LONGEST = 200
"""Characters of a reason that are kept."""


class LockedError(StepError):
    """A step is refused, because the host is closed to deploys."""

    refused = True


def locked(etc: str = paths.ETC) -> Locked | None:
    """Return by whom, when and for which reason the host is closed; None if it is open."""
    if not os.path.lexists(_path(etc)):
        return None
    found = files.read_json(_path(etc))
    noted = found if isinstance(found, dict) else {}
    since = noted.get("time")
    return {
        "by": foreign_text.visible(str(noted.get("by") or "somebody")),
        "reason": foreign_text.visible(str(noted.get("reason") or "not readable")),
        "time": since if isinstance(since, int | float) else 0.0,
    }


def change(order: LockOrder, log: Log, etc: str = paths.ETC) -> Locked | None:
    """Close or open the host as ordered; return the note. Raises StepError if another closed it."""
    known = locked(etc)
    if order["unlock"]:
        files.remove(_path(etc))
        text = f"open again; it was {said(known)}" if known else "was open already"
        log.add("lock", "changed" if known else "ok", text)
        return None
    if known and known["by"] != order["by"]:
        raise LockedError(f"the host is {said(known)}. Run: holdfast unlock")
    note: Locked = {"by": order["by"], "reason": order["reason"][:LONGEST], "time": time.time()}
    os.makedirs(etc, mode=0o755, exist_ok=True)
    files.replace(_path(etc), json.dumps(note).encode(), 0o600)
    found = locked(etc)
    log.add("lock", "changed", said(found or note))
    return found


def refuse(log: Log, *, despite: bool, etc: str = paths.ETC) -> None:
    """Raise StepError if the host is closed; log a warning instead, if `despite` is true."""
    known = locked(etc)
    if known and not despite:
        raise LockedError(refusal(known))
    if known:
        log.add("lock", "warning", f"{said(known)}; overridden by --despite-lock")


def refusal(known: Locked) -> str:
    """Return the sentence for somebody who is refused."""
    return (
        f"the host is {said(known)}. Wait until it is open, or give --despite-lock. To open it,"
        " run: holdfast unlock"
    )


def said(known: Locked) -> str:
    """Return by whom, when and for which reason a host is closed."""
    day = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(known["time"]))
    return f"locked by {known['by']} since {day}: {known['reason']}"


def _path(etc: str) -> str:
    return os.path.join(etc, "locked.json")
