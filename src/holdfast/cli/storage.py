"""holdfast storage"""

from __future__ import annotations

import click

from holdfast.cli.deploy import summary
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.group("storage")
def command() -> None:
    """Move images to another storage."""


@command.command("move")
@common
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
@click.option("--remove-old", is_flag=True, help="Remove the old images of a completed move.")
def move(shared: Common, check: bool, remove_old: bool) -> Exit:
    """Move images to the storage that the inventory now names: filesystem or s3.

    The registry serves pulls meanwhile and refuses pushes (405). Every blob is verified on both
    sides. After an interruption, a second run continues; `holdfast rollback` aborts the move. The
    old images are kept until --remove-old.

    \b
    Example: holdfast storage move -i acme
    """
    variables = {"holdfast_remove_old": True} if remove_old else {}
    outcome = shared.run("storage_move", check=check, variables=variables)
    summary(shared, outcome, check)
    if not (outcome.failed or check or remove_old):
        shared.say(
            f"The old images are kept. To remove them: holdfast storage move --remove-old"
            f" {shared.where}"
        )
    return outcome.exit_code
