"""Read logs of our units, of requests, and of logins: the last lines, or those after a place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from ansible_collections.holdfast.registry.plugins.module_utils.generations import manifest, store
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_files,
    foreign_text,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import LogsOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import LogLines

FILES = {
    "access": "/var/log/holdfast/access.log",
    "audit": "/var/log/holdfast-issuer/audit.log",
}
"""Path of each log that is a file."""
MOST_BYTES = 4 << 20
"""Bytes of a log that one answer has at most."""
MOST_LINES = 10_000
_CURSOR = "-- cursor: "


def read(order: LogsOrder) -> LogLines:
    """Return the lines of a log, each without control characters. Raises StepError."""
    if order["what"] == "units":
        return _journal(order, _patterns(order["unit"]))
    path = FILES[order["what"]]
    try:
        return _file(path, order["cursor"], order["lines"])
    except FileNotFoundError as error:
        why = " It is written with registry_auth_mode: token alone" * (order["what"] == "audit")
        raise StepError(f"{path}: expected a log, there is none yet.{why}") from error


def names() -> list[str]:
    """Return the names of the units of the serving generation, without `holdfast-`."""
    kept = store.Store()
    number = kept.current()
    linked = (os.path.basename(path) for path in manifest.linked(kept.manifest(number)))
    units = [one for one in linked if one.endswith(".service")]
    stems = (one.removeprefix("holdfast-").removesuffix(".service") for one in units)
    return sorted({*stems, *kept.instances(number)})


def _patterns(unit: str) -> list[str]:
    """Return the units of a name, or all of ours. Raises StepError for an unknown name."""
    if not unit:
        return ["holdfast-*"]
    known = names()
    if unit not in known:
        listed = ", ".join(known) or "none: nothing was deployed yet"
        raise StepError(f"logs: expected one of {listed}, got {unit}", wrong_input=True)
    return [f"holdfast-{unit}.service", f"holdfast-{unit}@*.service"]


def _journal(order: LogsOrder, patterns: list[str]) -> LogLines:
    argv = ["journalctl", "--no-pager", "--quiet", "--output=short-iso", "--no-hostname"]
    argv += ["--show-cursor", *(f"--unit={one}" for one in patterns)]
    argv += [f"--lines={MOST_LINES if order['cursor'] else order['lines']}"]
    argv += [f"--after-cursor={order['cursor']}"] if order["cursor"] else []
    found = systemd.run_checked(argv, "read the journal").split("\n")
    ends = [line for line in found if line.startswith(_CURSOR)]
    cursor = ends[-1].removeprefix(_CURSOR).strip() if ends else order["cursor"]
    said = [line for line in found if line and line not in ends]
    return {"lines": [_visible(line) for line in said], "cursor": cursor}


def _file(path: str, cursor: str, lines: int) -> LogLines:
    """Return the last lines of a file, or those after a place: `INODE:OFFSET`."""
    inode, _, offset = cursor.partition(":")
    with foreign_files.opened(path) as stream:
        status = os.fstat(stream.fileno())
        if not inode:
            found = _from(stream, max(0, status.st_size - MOST_BYTES))
            return _answer(found[0][-lines:], status.st_ino, found[1])
        same = inode == str(status.st_ino) and int(offset) <= status.st_size
        before = [] if same else _rest(f"{path}.1", inode, int(offset))
        after, end = _from(stream, int(offset) if same else 0)
        return _answer(before + after, status.st_ino, end)


def _rest(path: str, inode: str, offset: int) -> list[str]:
    """Return the lines after a place in a file that was rotated away, if it is that file."""
    try:
        with foreign_files.opened(path) as stream:
            rotated = str(os.fstat(stream.fileno()).st_ino) == inode
            return _from(stream, offset)[0] if rotated else []
    except OSError:
        return []


def _from(stream: BinaryIO, offset: int) -> tuple[list[str], int]:
    """Return the complete lines from an offset, and the place after the last one."""
    stream.seek(offset)
    raw = stream.read(MOST_BYTES)
    whole = raw[: raw.rfind(b"\n") + 1]
    found = foreign_text.decode(whole).split("\n")[:-1]
    return [_visible(line) for line in found], offset + len(whole)


def _answer(lines: list[str], inode: int, end: int) -> LogLines:
    return {"lines": lines, "cursor": f"{inode}:{end}"}


def _visible(line: str) -> str:
    return foreign_text.visible(line.replace("\t", "    ").rstrip("\r"))
