"""holdfast rules"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.cli.status import verdict
from holdfast.errors import Exit


@click.group("rules")
def command() -> None:
    """Compare images with the rules at push (registry_push_rules) and quotas."""


@command.command("check")
@common
def check(shared: Common) -> Exit:
    """Show tags that break a rule of the inventory, and the use of its quotas. Changes nothing.

    The rules need not be deployed yet. Exit code 6 if a tag breaks one, or a quota is exceeded.

    \b
    Example: holdfast rules check -i acme
    """
    return verdict(shared.run("rules_check"))
