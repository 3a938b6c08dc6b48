"""holdfast status"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit
from holdfast.playbook import Outcome


@click.command("status")
@common
def command(shared: Common) -> Exit:
    """Tell how hosts are: generation, certificates, what their timers found. Changes nothing.

    Exit code 6 when something is not as it should be.

    \b
    Example: holdfast status -i acme
    """
    return verdict(shared.run("status"))


def verdict(outcome: Outcome) -> Exit:
    """Return the exit code of a look at hosts."""
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    return Exit.OK if all(facts["well"] for facts in outcome.facts.values()) else Exit.VERIFICATION
