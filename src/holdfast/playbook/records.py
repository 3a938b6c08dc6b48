"""Keep the logs of runs on this machine, and a record of each run that could change hosts."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast.playbook.command import Playbook

CHANGING = (
    *("deploy", "rollback", "restart", "lock", "key_rotate", "cache_flush", "storage_move"),
    *("remove", "restore"),
)
"""Playbooks whose runs are recorded, unless only to check."""
KEPT, KEPT_CHANGING = 20, 200
"""Number of logs that are kept of each kind of run."""
_NAME = re.compile(r"\d{8}-\d{6}-(?P<kind>.+)-\d+\.log")
Record = dict[str, Any]


def folder() -> Path:
    """Return the directory of the logs; only its owner may read it."""
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    return base / "holdfast" / "logs"


def new_log(playbook: Playbook) -> Path:
    """Return the path of a new log, and remove old ones of the same kind of run.

    So runs that only look never remove the log of one that changed something.
    """
    where, kind = folder(), f"{playbook.name}{'-check' * playbook.check}"
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = KEPT_CHANGING if recorded(playbook) else KEPT
    for old in [path for path in sorted(where.glob("*.log")) if _kind(path) == kind][: -kept + 1]:
        old.unlink(missing_ok=True)
        old.with_suffix(".json").unlink(missing_ok=True)
    return where / f"{time.strftime('%Y%m%d-%H%M%S')}-{kind}-{os.getpid()}.log"


def recorded(playbook: Playbook) -> bool:
    """Return True if a run could change hosts."""
    return playbook.name in CHANGING and not playbook.check


def write(playbook: Playbook, log: Path, facts: Record) -> None:
    """Write the record of a run beside its log; `facts` say how it ended."""
    if not recorded(playbook):
        return
    record: Record = {
        "time": time.time(),
        "verb": "unlock" if playbook.variables.get("holdfast_unlock") else playbook.name,
        "by": _user(),
        "inventories": [str(one.resolve()) for one in playbook.inventories],
        "limit": playbook.limit,
        "reason": playbook.variables.get("holdfast_reason"),
        **facts,
    }
    path = log.with_suffix(".json")
    with contextlib.suppress(OSError):  # a full disk here must not hide the result of the run
        path.touch(mode=0o600)
        path.write_text(json.dumps(record) + "\n")


def records() -> list[Record]:
    """Return the recorded runs, the newest first; `log` is the path of each one's log."""
    return list(_read(sorted(folder().glob("*.json"), reverse=True)))


def _read(paths: list[Path]) -> Iterator[Record]:
    for path in paths:
        try:
            found = json.loads(path.read_text())
            yield {**found, "log": str(path.with_suffix(".log"))}
        except (OSError, ValueError, TypeError):  # cut off by a full disk
            continue


def _kind(path: Path) -> str | None:
    found = _NAME.fullmatch(path.name)
    return found["kind"] if found else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return str(os.getuid())
