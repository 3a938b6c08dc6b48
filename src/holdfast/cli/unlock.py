"""Run `holdfast unlock`."""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("unlock")
@common
def command(shared: Common) -> Exit:
    """Open hosts to deploys again, whoever closed them.

    \b
    Example: holdfast unlock -i acme
    """
    return shared.run("lock", variables={"holdfast_unlock": True}).exit_code
