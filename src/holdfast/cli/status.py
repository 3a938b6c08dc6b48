"""holdfast status"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit
from holdfast.playbook import Outcome


@click.command("status")
@common
def command(shared: Common) -> Exit:
    """Show the status of hosts: generation, certificates, results of timers. Changes nothing.

    Exit code 6 if there are problems.

    \b
    Example: holdfast status -i acme
    """
    return verdict(shared.run("status"))


def verdict(outcome: Outcome) -> Exit:
    """Return the exit code of a status: VERIFICATION if a host has problems."""
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    return Exit.OK if all(facts["well"] for facts in outcome.facts.values()) else Exit.VERIFICATION
