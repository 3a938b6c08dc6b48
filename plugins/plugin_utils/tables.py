"""Format what a host answers as tables, alike for the command and for Ansible's own output."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import (
        GenerationRow,
    )

Row = dict[str, str]


def generations(host: str, rows: Sequence[GenerationRow], first: str) -> list[str]:
    """Return a line for each generation; `first` is the command that makes the first one."""
    return [_generation(host, row) for row in rows] or [f"{host}  none yet: {first}"]


def _generation(host: str, row: GenerationRow) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["time"])) if row["time"] else "?"
    line = f"{host}  {row['number']:>4}  {row['state']:<8} {when}  registry {row['version']}"
    failure = f"  {row['failure']}" if row["state"] == "failed" else ""
    reason = f": {visible(row['reason'])}" if row["reason"] else ""
    return f"{line}  by {row['by']}{reason}{failure}"


def finding_rows(found: Mapping[str, Iterable[Mapping[str, str]]]) -> list[Row]:
    """Return the findings of a doctor, by host, as rows that are safe to print."""
    return [
        {key: visible(str(text)) for key, text in {"host": host, **one}.items()}
        for host, findings in found.items()
        for one in findings
    ]


def findings(rows: Sequence[Row], *, quiet: bool = False) -> list[str]:
    """Return aligned lines; with `quiet` of what is wrong alone."""
    wide = {key: max((len(row[key]) for row in rows), default=0) for key in ("host", "about")}
    lines = []
    for row in rows:
        if quiet and row["state"] == "ok":
            continue
        begin = f"{row['host']:<{wide['host']}}  {row['about']:<{wide['about']}}"
        lines.append(f"{begin}  {row['state']:<7}  {row['text']}")
        if row["todo"]:
            lines.append(f"{'':<{len(begin)}}  {'':<7}  {row['todo']}")
    return lines


def total(rows: Sequence[Row], hosts: int) -> str:
    """Return the number of wrong things in one sentence."""
    wrong = sum(row["state"] != "ok" for row in rows)
    return f"{wrong or 'Nothing'} wrong on {hosts} host{'s' * (hosts != 1)}."
