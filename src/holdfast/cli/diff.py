"""holdfast diff"""

from __future__ import annotations

import click

from holdfast.cli.deploy import summary
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("diff")
@common
def command(shared: Common) -> Exit:
    """Show what a deploy would change on the hosts, without changing it.

    The same as `holdfast deploy --check --diff`. Secrets are not shown.

    \b
    Example: holdfast diff -i acme --limit registry1
    """
    outcome = shared.run("deploy", check=True, diff=True)
    summary(shared, outcome, check=True)
    return outcome.exit_code
