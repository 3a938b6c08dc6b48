"""holdfast storage"""

from __future__ import annotations

import click

from holdfast.cli.deploy import summary
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.group("storage")
def command() -> None:
    """Move images from one storage to another."""


@command.command("move")
@common
@click.option("--check", is_flag=True, help="Tell what would be done, and do nothing.")
@click.option("--remove-old", is_flag=True, help="Remove the images that an ended move left.")
def move(shared: Common, check: bool, remove_old: bool) -> Exit:
    """Move images to the storage that the inventory names now: filesystem and s3.

    The registry serves pulls meanwhile and refuses pushes (405). Every blob is verified on both
    sides. Cut anywhere, a second run goes on; `holdfast rollback` gives it up. The old images stay
    until --remove-old.

    \b
    Example: holdfast storage move -i acme
    """
    variables = {"holdfast_remove_old": True} if remove_old else {}
    outcome = shared.run("storage", check=check, variables=variables)
    summary(shared, outcome, check)
    if not (outcome.failed or check or remove_old):
        shared.say("The old images are still there. When all is well: --remove-old")
    return outcome.exit_code
