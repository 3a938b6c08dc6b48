"""Files of a client machine, some of them shared with others: brought, and taken away again."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import files, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError


def change(plan: dict[str, Any], *, present: bool, dry: bool = False) -> list[dict[str, str]]:
    """Bring a machine to a plan, or take the plan away from it; return what differs.

    Each difference has path, before and after; nothing is written with `dry`. Raises StepError when
    a file holds something that would be lost; nothing was changed then.
    """
    wanted = [(file, *_texts(file, present)) for file in plan["files"]]
    changes = [(file, before, after) for file, before, after in wanted if before != after]
    if not dry:
        for file, _, after in changes:
            _write(file, after)
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
    own, there = json.loads(file["content"]), _mapping(before, file)
    joined = _join(there, own, file["path"]) if present else _without(there, own)
    if joined == there:
        return before, before
    return before, json.dumps(joined, indent=2) + "\n" if joined else None


def _block(before: str, file: dict[str, Any], present: bool) -> str | None:
    # A key stands once, or the whole file is refused: what another hand wrote is left alone.
    own = file["content"]
    if own in before:
        after = before if present else before.replace(own, "", 1)
    elif present and own.splitlines()[0] in before:
        raise StepError(f"{file['path']}: has {own.splitlines()[0]} already. Change it by hand")
    else:
        gap = "" if not before or before.endswith("\n") else "\n"
        after = before + gap + own if present else before
    return after if after.strip() else None


def _mapping(text: str | None, file: dict[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(text) if text and text.strip() else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise StepError(
            f"{file['path']}: expected a JSON object, which could be joined with ours,"
            f" found something else. Add by hand: {file['content']}"
        )
    return found


def _join(there: dict[str, Any], own: dict[str, Any], path: str) -> dict[str, Any]:
    joined = dict(there)
    for key, value in own.items():
        known = joined.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            joined[key] = _join(known, value, path)
        elif isinstance(value, list) and isinstance(known, list):
            joined[key] = known + [item for item in value if item not in known]
        elif known is None or known == value:
            joined[key] = value
        else:
            raise StepError(f"{path}: {key} is {known!r} already. Change it by hand to {value!r}")
    return joined


def _without(there: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for key, value in there.items():
        if key not in own:
            left[key] = value
            continue
        rest: Any = value
        if isinstance(value, dict) and isinstance(own[key], dict):
            rest = _without(value, own[key])
        elif isinstance(value, list) and isinstance(own[key], list):
            rest = [item for item in value if item not in own[key]]
        elif value == own[key]:
            rest = None
        if rest not in ({}, [], None):
            left[key] = rest
    return left


def _write(file: dict[str, Any], text: str | None) -> None:
    path = file["path"]
    if text is not None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        files.replace(path, text.encode(), file["mode"])
        return
    files.remove(path)
    folder = os.path.dirname(path)
    # The registry's own folder goes with its last file; the clients' folders stay.
    if "certs" in os.path.dirname(folder) and not os.listdir(folder):
        os.rmdir(folder)


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
    secret = file["mode"] & 0o077 == 0 and file["how"] == "whole"
    return "(a secret that is not shown)\n" if text and secret else text or ""
