"""holdfast generations"""

from __future__ import annotations

import click
from ansible_collections.holdfast.registry.plugins.plugin_utils import tables

from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("generations")
@common
def command(shared: Common) -> Exit:
    """List the generations that each host keeps.

    \b
    Example: holdfast generations -i acme
    """
    outcome = shared.run("generations")
    for host, facts in sorted(outcome.facts.items()):
        first = f"holdfast deploy {shared.where}"
        for line in tables.generations(host, facts.get("generations", []), first):
            shared.say(line)
    return outcome.exit_code
