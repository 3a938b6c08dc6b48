"""holdfast check"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("check")
@common
def command(shared: Common) -> Exit:
    """Check the settings of all hosts, without contacting them.

    \b
    Example: holdfast check -i acme
    """
    outcome = shared.run("check")
    for facts in outcome.facts.values():
        if "summary" in facts:
            shared.say(facts["summary"])
    return outcome.exit_code
