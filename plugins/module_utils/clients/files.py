"""Write and remove files of a client machine, some of which other programs write to, too."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_files,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.clients import (
        ClientPlan,
        Difference,
        PlannedFile,
    )


LARGEST = 16 << 20


def change(plan: ClientPlan, *, present: bool, dry: bool = False) -> list[Difference]:
    """Apply a plan to a machine, or remove it; return the differences.

    Each difference has path, before and after. With `dry` nothing is written. Raises StepError if a
    file cannot be merged with ours; nothing was changed then.
    """
    wanted = [(file, *_texts(file, present)) for file in plan["files"]]
    changes = [(file, before, after) for file, before, after in wanted if before != after]
    if not dry:
        for file, _, after in changes:
            _write(file, after)
        for folder in plan["folders"]:
            if os.path.isdir(folder) and not os.listdir(folder):
                os.rmdir(folder)
        if changes:
            _follow(plan["after"])
    return [
        {"path": file["path"], "before": _shown(file, before), "after": _shown(file, after)}
        for file, before, after in changes
    ]


def _texts(file: PlannedFile, present: bool) -> tuple[str | None, str | None]:
    """Return a file's text now, and the wanted one; None if there is no file."""
    before = _read(file["path"])
    if file["how"] == "whole":
        return before, file["content"] if present else None
    if file["how"] == "block":
        return before, _block(before or "", file, present)
    own, there = json.loads(file["content"]), _mapping(before, file["path"])
    joined = _join(there, own) if present else _without(there, own)
    if joined == there:
        return before, before
    return before, json.dumps(joined, indent=2) + "\n" if joined else None


def _block(before: str, file: PlannedFile, present: bool) -> str | None:
    own = file["content"] if present else ""
    first, *lines, last = file["content"].splitlines()
    head, found, rest = before.partition(f"{first}\n")
    tail = rest.partition(f"{last}\n")[2] if found else ""
    for line in lines:
        # A TOML table stands once: what another hand wrote of this registry is left alone.
        if present and line.startswith("[") and line in (head + tail).splitlines():
            raise StepError(f"{file['path']}: has {line} already. Change it there by hand")
    gap = "\n" if own and head and not head.endswith("\n") else ""
    after = head + gap + own + tail
    return after if after.strip() else None


def _mapping(text: str | None, path: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text and text.strip() else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        # Its text is not shown: it can hold logins.
        raise StepError(
            f"{path}: expected a JSON object to merge our settings into. Print them with"
            " `holdfast client`, and add them by hand"
        )
    return found


def _join(there: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    joined = dict(there)
    for key, value in own.items():
        known = joined.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            joined[key] = _join(known, value)
        elif isinstance(value, list) and isinstance(known, list):
            joined[key] = known + [item for item in value if item not in known]
        else:
            joined[key] = value
    return joined


def _without(there: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for key, value in there.items():
        rest: Any = value
        if key in own:
            if isinstance(value, dict) and isinstance(own[key], dict):
                rest = _without(value, own[key])
            elif isinstance(value, list) and isinstance(own[key], list):
                rest = [item for item in value if item not in own[key]]
            else:
                rest = None  # whatever it is now: it speaks of this registry
            if not rest:
                continue
        left[key] = rest
    return left


def _write(file: PlannedFile, text: str | None) -> None:
    path = file["path"]
    folder = os.path.dirname(path)
    with _as_owner(path) as (uid, gid):
        if text is not None:
            user, group = pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name
            os.makedirs(folder, exist_ok=True)
            files.replace(path, text.encode(), file["mode"], user, group)
            return
        files.remove(path)


@contextmanager
def _as_owner(path: str) -> Iterator[tuple[int, int]]:
    """Run the block with the rights of whoever can change a path; yield user and group by number.

    A link or a pipe in a home directory could redirect root elsewhere, or hold it. The owner gains
    nothing by one.
    """
    uid, gid = _owner(path)
    before = os.geteuid(), os.getegid(), os.getgroups()
    drops = before[0] == 0 and uid != 0
    if drops:
        os.setgroups([gid])
        os.setegid(gid)
        os.seteuid(uid)
    try:
        yield uid, gid
    finally:
        if drops:
            os.seteuid(before[0])
            os.setegid(before[1])
            os.setgroups(before[2])


def _owner(path: str) -> tuple[int, int]:
    """Return numbers of user and group of the first part of a path that is not root's."""
    here, found = "", os.lstat("/")
    for part in path.split("/")[1:]:
        here = f"{here}/{part}"
        try:
            found = os.lstat(here)
        except FileNotFoundError:
            break
        if found.st_uid != 0:
            break
    return found.st_uid, found.st_gid


def _follow(commands: Sequence[Sequence[str]]) -> None:
    for argv in commands:
        if shutil.which(argv[0]):
            systemd.run(list(argv))


def _read(path: str) -> str | None:
    with _as_owner(path):
        try:
            return foreign_files.read(path, LARGEST, links=True).decode()
        except FileNotFoundError:
            return None


def _shown(file: PlannedFile, text: str | None) -> str:
    secret = file["mode"] & 0o077 == 0
    return "(secrets that are not shown)\n" if text and secret else text or ""
