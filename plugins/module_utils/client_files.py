"""Files of a client machine, some of them shared with others: brought, and taken away again."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import files, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError


def change(plan: dict[str, Any], *, present: bool, dry: bool = False) -> list[dict[str, str]]:
    """Bring a machine to a plan, or take the plan away from it; return what differs.

    Each difference has path, before and after; nothing is written with `dry`. Raises StepError when
    a file is none that ours could be joined with; nothing was changed then.
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


def _texts(file: dict[str, Any], present: bool) -> tuple[str | None, str | None]:
    """Return what a file holds now, and what it should; None: there is no file."""
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


def _block(before: str, file: dict[str, Any], present: bool) -> str | None:
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
            f"{path}: expected a JSON object, with which ours can be joined. Print what belongs"
            " there with `holdfast client`, and add it by hand"
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


def _write(file: dict[str, Any], text: str | None) -> None:
    path = file["path"]
    folder = os.path.dirname(path)
    with _as_owner(folder) as (user, group):
        if text is not None:
            os.makedirs(folder, exist_ok=True)
            files.replace(path, text.encode(), file["mode"], user, group)
            return
        files.remove(path)


@contextmanager
def _as_owner(folder: str) -> Iterator[tuple[str, str]]:
    """Be the owner of a folder, or of the nearest above that is there; yield user and group.

    In a home, root could be led elsewhere by a link; its owner gets nowhere new by one.
    """
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    found, before = os.stat(folder), (os.geteuid(), os.getegid())
    os.setegid(found.st_gid)
    os.seteuid(found.st_uid)
    try:
        yield pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name
    finally:
        os.seteuid(before[0])
        os.setegid(before[1])


def _follow(commands: list[list[str]]) -> None:
    for argv in commands:
        if shutil.which(argv[0]):
            systemd.run(argv)


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _shown(file: dict[str, Any], text: str | None) -> str:
    secret = file["mode"] & 0o077 == 0
    return "(secrets that are not shown)\n" if text and secret else text or ""
