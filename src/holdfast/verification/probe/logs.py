"""Read the ends of logs, and the logins without their hashes."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_files

from holdfast.verification.probe.reading import output, read

TAIL_BYTES = 1 << 16
TAIL_LINES = 300


def tail(path: str) -> dict[str, Any]:
    """Return the size of a log and its last whole lines; empty if there is none."""
    try:
        with foreign_files.opened(path) as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - TAIL_BYTES))
            # An escape of a byte, `\xff`, would make a line of JSON another text.
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return {}
    lines = _lines(text)[1 if size > TAIL_BYTES else 0 :]
    return {"size": size, "lines": lines[-TAIL_LINES:]}


def journal(units: list[str]) -> list[str]:
    """Return the last journal lines of some units."""
    named = [f"--unit={unit}" for unit in units]
    argv = ("journalctl", "--quiet", "--no-pager", "--output=cat", f"--lines={TAIL_LINES}")
    return _lines(output(*argv, *named))


def htpasswd(path: str) -> list[dict[str, str]]:
    """Return name, scheme and cost of each line of an htpasswd file; no hash leaves the host."""
    rows = [line.partition(":") for line in (read(path) or "").splitlines() if line.strip()]
    parts = [(name, stored.split("$")) for name, _, stored in rows]
    return [
        {
            "name": name,
            "scheme": fields[1] if len(fields) > 2 else "",
            "cost": fields[2] if len(fields) > 2 else "",
        }
        for name, fields in parts
    ]


def _lines(text: str) -> list[str]:
    """Return the lines of a text. Only a line feed ends one, not all that str.splitlines takes."""
    return text.removesuffix("\n").split("\n") if text else []
