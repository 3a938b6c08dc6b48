"""Run `holdfast import`."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.errors import Exit

if TYPE_CHECKING:
    from holdfast.importing import Line, Target

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True)
class Options:
    """Options of the command line."""

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
@click.option("--to", "version", help="Version to run; default: 3.1.1, for 2.8 Debian's.")
@click.option("--checksum", help="sha256:... of that release, if it is not 3.1.1.")
@click.option("--env", "environment", type=_FILE, help="REGISTRY_* variables, one a line.")
@click.option("--htpasswd", type=_FILE, help="The htpasswd file, if its path does not exist here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON objects, one a line.")
@click.option("-q", "--quiet", is_flag=True, help="Print what is dropped or missing only.")
def command(**values: Any) -> Exit:
    """Convert a registry's config.yml to an inventory, and report the result for every line.

    \b
    Example: holdfast import config.yml --env registry.env -o acme
    """
    from holdfast import importing  # noqa: PLC0415 -- the other verbs do not need it

    options = Options(**values)
    source = importing.read(options.config)
    variables = source.variables
    if options.environment:
        variables = [*variables, *importing.variables.read(options.environment, source.files)]
    entries, gone = importing.overridden(source.entries, variables)
    target = importing.target(entries, options.source, options.version, options.checksum)
    result = importing.imported(entries, gone, target, source.files, options.htpasswd)
    importing.write(result, options.output, options.config.name)
    lines = importing.ordered(result.lines)
    for line in _objects(options, target, lines) if options.as_json else _lines(options, lines):
        click.echo(line)
    return Exit.OK


def _objects(options: Options, target: Target, lines: list[Line]) -> list[str]:
    objects = [{"event": "line", **one.__dict__} for one in lines]
    facts = {"from": target.source, "to": target.version, "output": str(options.output)}
    return [json.dumps(one) for one in (*objects, {"event": "end", **facts, **_counts(lines)})]


def _lines(options: Options, lines: list[Line]) -> list[str]:
    wanted = [one for one in lines if not options.quiet or one.became in ("dropped", "missing")]
    places = max((len(one.place) for one in wanted), default=0)
    keys = max((len(one.key) for one in wanted), default=0)
    text = [
        f"{one.place or '-':<{places}}  {one.key:<{keys}}  {one.became:<7}  {one.text}"
        for one in wanted
    ]
    total = ", ".join(f"{number} {became}" for became, number in _counts(lines).items() if number)
    return [*text, f"{total}. Next: holdfast check -i {shlex.quote(str(options.output))}"]


def _counts(lines: list[Line]) -> dict[str, int]:
    kinds = ("setting", "kept", "same", "dropped", "missing")
    return {kind: sum(one.became == kind for one in lines) for kind in kinds}
