"""holdfast drill"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.cli.status import verdict
from holdfast.errors import Exit


@click.command("drill")
@common
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
def command(shared: Common, check: bool) -> Exit:
    """Restore a part of the newest backup to a scratch directory now, prove it, and pull from it.

    All manifests are looked at, and each blob is read within 30 drills. Exit code 5 if the drill
    failed, 6 if something in the backup could not be proven.

    \b
    Example: holdfast drill -i acme
    """
    outcome = shared.run("drill", check=check)
    return outcome.exit_code if check else verdict(outcome)
