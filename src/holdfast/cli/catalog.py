"""Run `holdfast catalog`."""

from __future__ import annotations

import click

from holdfast.cli.index_answers import ask
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("catalog")
@common
@click.argument("pattern", required=False, default="")
def command(shared: Common, pattern: str) -> Exit:
    """List the repositories of each host, with tags, sizes and the last push.

    `size` has each blob once, `alone` is what no other repository has.

    \b
    Example: holdfast catalog -i acme
             holdfast catalog 'team-a/*' --json -i acme
    """
    return ask(shared, "catalog", lambda found: list(found["repositories"]), pattern=pattern)
