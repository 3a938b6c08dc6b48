"""Run `holdfast history`."""

from __future__ import annotations

import fnmatch
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from holdfast.cli.options import INVENTORY, JSON, LIMIT
from holdfast.errors import Exit, InputError

RESULTS = {"OK": "ok", "INPUT": "wrong input", "VERIFICATION": "problems"}
"""Word by exit code; the others are their own names."""


@click.command("history")
@INVENTORY
@LIMIT
@JSON
@click.option("-q", "--quiet", is_flag=True, help="Print runs that failed only.")
@click.option("--log", "number", type=click.IntRange(1), help="Print the log of this run.")
def command(
    inventories: tuple[Path, ...], limit: str | None, as_json: bool, quiet: bool, number: int | None
) -> Exit:
    """List the runs that could change hosts: when, what, by whom, with which result.

    They are those of this user on this machine, the last one first. What a host itself knows of
    deploys by everybody, `holdfast generations` shows.

    \b
    Example: holdfast history -i acme
             holdfast history --log 1
    """
    from holdfast.playbook import records  # noqa: PLC0415 -- slow to import

    found = dict(enumerate(records.records(), 1))
    if number is not None:
        return _log(found.get(number), number, len(found))
    shown = {n: one for n, one in found.items() if _wanted(one, inventories, limit)}
    for n, one in shown.items():
        if as_json:
            click.echo(json.dumps({"number": n, **one}, sort_keys=True))
        elif not quiet or one.get("exit") != "OK":
            for line in _lines(n, one):
                click.echo(line)
    if not (shown or as_json or quiet):
        click.echo("No run that could change a host is recorded here.")
    return Exit.OK


def _wanted(one: dict[str, Any], inventories: tuple[Path, ...], limit: str | None) -> bool:
    """Return True if a run was one of these inventories, on one of these hosts."""
    paths = {str(path.resolve()) for path in inventories}
    names = limit.split(",") if limit else []
    hosts = one.get("hosts") or []
    near = any(fnmatch.fnmatchcase(host, name) for name in names for host in hosts)
    return (not paths or bool(paths & {*one.get("inventories", ())})) and (not names or near)


def _lines(number: int, one: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a run: the first has its reason, one more each host's changes."""
    from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import (  # noqa: PLC0415
        visible,
    )

    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.get("time", 0)))
    result = RESULTS.get(one["exit"], one["exit"].lower())
    reason = f": {visible(one['reason'])}" if one.get("reason") else ""
    yield f"{number:>3}  {when}  {one['verb']:<12} {result:<11}  by {one['by']}{reason}"
    for host in one.get("hosts") or []:
        done = one.get("changes", {}).get(host)
        yield f"     {host}  {'; '.join(map(visible, done)) if done else 'nothing changed'}"


def _log(one: dict[str, Any] | None, number: int, count: int) -> Exit:
    """Print the log of a run. Raises InputError if there is no such run, or no log of it."""
    from ansible_collections.holdfast.registry.plugins.module_utils.system import (  # noqa: PLC0415
        foreign_text,
    )

    if one is None:
        known = f"1 to {count}" if count else "none"
        raise InputError(f"--log: expected a run, there are {known}, got {number}. Choose one")
    try:
        text = foreign_text.read(one["log"])
    except OSError as error:
        raise InputError(f"{one['log']}: expected a log, {error.strerror}. It is gone") from error
    for line in text.removesuffix("\n").split("\n"):
        click.echo(foreign_text.visible(line))
    return Exit.OK
