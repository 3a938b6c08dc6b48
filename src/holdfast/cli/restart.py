"""Run `holdfast restart`."""

from __future__ import annotations

import click

from holdfast.cli.despite_lock import despite_lock
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("restart")
@common
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
@despite_lock
def command(shared: Common, check: bool, despite: dict[str, object]) -> Exit:
    """Restart the services of hosts with the files that serve, without losing a request.

    The new processes start beside the old ones, which finish what they have begun. nginx continues
    to run: it hands requests to the new ones.

    \b
    Example: holdfast restart -i acme --limit registry1
    """
    outcome = shared.run("restart", check=check, variables=despite)
    for host, facts in sorted(outcome.facts.items()):
        if "generation" in facts:
            shared.say(f"{host}  {facts['url']} serves generation {facts['generation']}.")
    if outcome.failed:
        shared.say(f"The previous processes keep serving. Ansible's own output: {outcome.log}")
    return outcome.exit_code
