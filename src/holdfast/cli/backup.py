"""holdfast backup"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.cli.status import verdict
from holdfast.errors import Exit


@click.command("backup")
@common
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
def command(shared: Common, check: bool) -> Exit:
    """Save links, images and keys now, and wait for the end. Pushes and pulls go on meanwhile.

    Exit code 5 if the backup failed, 6 if the host has an image that cannot be saved.

    \b
    Example: holdfast backup -i acme
    """
    outcome = shared.run("backup", check=check)
    return outcome.exit_code if check else verdict(outcome)
