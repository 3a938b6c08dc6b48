"""What was written down, and who may log in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from holdfast.verification.probe.reading import output, read

TAIL_BYTES = 1 << 16
TAIL_LINES = 300


def tail(path: str) -> dict[str, Any]:
    """Return the size of a log and its last whole lines; empty: there is none."""
    try:
        with Path(path).open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - TAIL_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return {}
    lines = text.splitlines()[1 if size > TAIL_BYTES else 0 :]
    return {"size": size, "lines": lines[-TAIL_LINES:]}


def journal(units: list[str]) -> list[str]:
    """Return the last lines of some units in the journal."""
    named = [f"--unit={unit}" for unit in units]
    argv = ("journalctl", "--quiet", "--no-pager", "--output=cat", f"--lines={TAIL_LINES}")
    return output(*argv, *named).splitlines()


def htpasswd(path: str) -> list[dict[str, str]]:
    """Return name, scheme and cost of each line of a file of logins; no hash leaves the host."""
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
