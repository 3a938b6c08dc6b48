"""holdfast untag"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.cli.retention import WITHOUT_UNDO, checked, without_undo
from holdfast.errors import Exit


@click.command("untag")
@common
@click.argument("image", metavar="REPO:TAG")
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
@without_undo
def command(shared: Common, image: str, check: bool, without_undo: bool) -> Exit:
    """Take one tag away, and nothing else: other tags of the same image stay.

    `holdfast retention undo REPO:TAG` brings it back for registry_gc_undo.

    \b
    Example: holdfast untag team-a/app:1.2.3 -i acme
    """
    variables = {
        "holdfast_retention": "untag",
        "holdfast_retention_image": checked(image),
        WITHOUT_UNDO: without_undo,
    }
    return shared.run("retention", check=check, variables=variables).exit_code
