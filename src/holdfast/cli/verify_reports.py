"""Reports of `holdfast verify`: the files to write, the earlier one, and what is printed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast import terminal
from holdfast.errors import InputError

if TYPE_CHECKING:
    from holdfast.cli.options import Common
    from holdfast.verification import Results
    from holdfast.verification.comparison import Comparison, Previous

NAMESPACE = "holdfast-report"
"""Purpose of a report's signature."""


def chosen(junit: Path | None, html: Path | None, key: Path | None) -> list[Path]:
    """Return the files to write. Raises InputError if one could not be, or if none is to sign."""
    found = [path for path in (junit, html) if path]
    for path in found:
        if not path.absolute().parent.is_dir():
            raise InputError(f"{path}: expected a folder for the report, found none. Create it")
    if key and not found:
        raise InputError(
            "--sign: expected a report to sign, found none. Give --html or --junit, too"
        )
    return found


def earlier(path: Path) -> Previous:
    """Read an earlier report. Raises InputError if it is none."""
    from holdfast.verification.report import previous  # noqa: PLC0415 -- slow to import

    return previous.read(path)


def sign(shared: Common, reports: list[Path], key: Path) -> None:
    """Sign reports. Raises InputError if the key does not sign."""
    from holdfast import signatures  # noqa: PLC0415

    written = [signatures.sign(path, key, NAMESPACE) for path in reports]
    shared.say(f"Signed: {', '.join(map(str, written))}")


def show(shared: Common, results: Results, changes: Comparison | None, written: list[Path]) -> None:
    """Print results, and what changed since an earlier report."""
    from holdfast.verification import table  # noqa: PLC0415

    if shared.as_json:
        compared = {"changes": asdict(changes)} if changes else {}
        click.echo(json.dumps({**results.as_dict(), **compared}, sort_keys=True))
        return
    width = terminal.width()
    lines = table.table(results, quiet=shared.quiet, width=width)
    lines += table.changes(changes) if changes else []
    for line in lines:
        click.echo(terminal.wrapped(shared.advice(line), width))
    shared.say(terminal.wrapped(table.total(results, written), width))
