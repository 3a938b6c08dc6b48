"""Run `holdfast lock`."""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.cli.reason import reason
from holdfast.errors import Exit


@click.command("lock")
@common
@reason("Reason, which everybody is shown who is refused.", required=True)
def command(shared: Common, message: str) -> Exit:
    """Close hosts to deploys, rollbacks, restarts, key rotations, moves and removal.

    The host's own jobs continue: renewals of certificates, clean-up, retention. `holdfast unlock`
    opens the hosts again.

    \b
    Example: holdfast lock -i acme -m "moving the disk until Monday"
    """
    return shared.run("lock", variables={"holdfast_reason": message}).exit_code
