"""holdfast import"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.errors import Exit

if TYPE_CHECKING:
    from holdfast.importing import Target, Told

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True)
class Asked:
    """The values of the options."""

    config: Path
    output: Path
    source: str | None
    version: str | None
    checksum: str | None
    environment: Path | None
    htpasswd: Path | None
    as_json: bool
    quiet: bool


@click.command("import")
@click.argument("config", type=_FILE)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="New folder.")
@click.option("--from", "source", type=click.Choice(["2.8", "3.0", "3.1"]), help="Its version.")
@click.option("--to", "version", help="Version to run; default: that of Debian's package.")
@click.option("--checksum", help="sha256:... of the release of that version.")
@click.option("--env", "environment", type=_FILE, help="REGISTRY_* variables, one a line.")
@click.option("--htpasswd", type=_FILE, help="The htpasswd file, when its path leads nowhere here.")
@click.option("--json", "as_json", is_flag=True, help="Print objects, one a line.")
@click.option("-q", "--quiet", is_flag=True, help="Print what is dropped or missing only.")
def command(**values: Any) -> Exit:
    """Make an inventory of a registry's config.yml, with a word on every line of it.

    \b
    Example: holdfast import config.yml --env registry.env -o acme
    """
    from holdfast import importing  # noqa: PLC0415 -- the other verbs do not need it

    asked = Asked(**values)
    entries, gone = importing.of_file(asked.config), list[importing.Entry]()
    if asked.environment:
        entries, gone = importing.overridden(entries, asked.environment)
    target = importing.target(entries, asked.source, asked.version, asked.checksum)
    result = importing.imported(entries, gone, target, asked.config.parent, asked.htpasswd)
    importing.write(result, asked.output, asked.config.name)
    told = importing.ordered(result.told)
    for line in _objects(asked, target, told) if asked.as_json else _lines(asked, told):
        click.echo(line)
    return Exit.OK


def _objects(asked: Asked, target: Target, told: list[Told]) -> list[str]:
    lines = [{"event": "line", **one.__dict__} for one in told]
    facts = {"from": target.source, "to": target.version, "output": str(asked.output)}
    return [json.dumps(one) for one in (*lines, {"event": "end", **facts, **_counts(told)})]


def _lines(asked: Asked, told: list[Told]) -> list[str]:
    wanted = [one for one in told if not asked.quiet or one.became in ("dropped", "missing")]
    places = max((len(one.place) for one in wanted), default=0)
    keys = max((len(one.key) for one in wanted), default=0)
    lines = [
        f"{one.place or '-':<{places}}  {one.key:<{keys}}  {one.became:<7}  {one.text}"
        for one in wanted
    ]
    total = ", ".join(f"{number} {became}" for became, number in _counts(told).items() if number)
    return [*lines, f"{total}. Next: holdfast check -i {asked.output}"]


def _counts(told: list[Told]) -> dict[str, int]:
    kinds = ("setting", "kept", "same", "dropped", "missing")
    return {kind: sum(one.became == kind for one in told) for kind in kinds}
