"""Query systemd."""

from __future__ import annotations

import os
import re

from holdfast.verification.probe.reading import output

PROPERTIES = (
    *("Id", "LoadState", "ActiveState", "UnitFileState", "FragmentPath", "DropInPaths"),
    *("NeedDaemonReload", "MainPID", "Wants", "WantedBy", "Environment", "ControlGroup"),
    *("NRestarts", "TimeoutStopUSec", "NextElapseUSecRealtime"),
)


def units(patterns: list[str], more: list[str]) -> list[dict[str, str]]:
    """Return properties of the units that match patterns; `more` adds properties."""
    properties = ",".join([*PROPERTIES, *more])
    text = output("systemctl", "show", "--all", "--property", properties, *patterns)
    blocks = text.split("\n\n")
    rows = [[line.split("=", 1) for line in block.splitlines() if "=" in line] for block in blocks]
    shown = [dict(row) for row in rows if row]
    return [{**unit, "real": os.path.realpath(unit.get("FragmentPath", ""))} for unit in shown]


def main_pids(names: list[str]) -> dict[str, int]:
    """Return the first process of each unit; 0 if it has none."""
    shown = units(names, [])
    return {unit["Id"]: int(unit.get("MainPID") or "0") for unit in shown}


def exposure(unit: str) -> str:
    """Return the score of `systemd-analyze security`, from 0.0 (best) to 10.0; empty if unknown."""
    found = re.findall(r": ([0-9.]+) ", output("systemd-analyze", "security", "--no-pager", unit))
    return found[-1] if found else ""
