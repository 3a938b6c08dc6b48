"""holdfast restore"""

from __future__ import annotations

from typing import Any

import click

from holdfast.cli.options import Common, common
from holdfast.cli.status import verdict
from holdfast.errors import Exit


@click.command("restore")
@common
@click.option("--snapshot", metavar="ID", help="First digits of a snapshot; default: the newest.")
@click.option(
    "--only", metavar="REPOSITORY[:TAG]", help="Restore this alone, beside what is there."
)
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
def command(shared: Common, snapshot: str | None, only: str | None, check: bool) -> Exit:
    """Restore a backup onto an empty host: keys, a deploy, images; or a part of it, with --only.

    A host with images is refused. A tag that names another image meanwhile stays. A restore that
    was interrupted goes on when it is repeated. Exit code 5 if it failed, 6 if the backup has an
    image incomplete.

    \b
    Example: holdfast restore -i acme --only team/app:1.2
    """
    variables: dict[str, Any] = {}
    if snapshot:
        variables["holdfast_snapshot"] = snapshot
    if only:
        variables["holdfast_only_images"] = only
    outcome = shared.run("restore", check=check, variables=variables)
    return outcome.exit_code if check else verdict(outcome)
