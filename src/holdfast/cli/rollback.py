"""holdfast rollback"""

from __future__ import annotations

import click

from holdfast.cli.despite_lock import despite_lock
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("rollback")
@common
@click.option(
    "--to", "number", type=click.IntRange(1), help="Generation; default: the previous one."
)
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
@despite_lock
def command(shared: Common, number: int | None, check: bool, despite: dict[str, object]) -> Exit:
    """Activate an earlier generation, without losing a request.

    \b
    Example: holdfast rollback -i acme --limit registry1
    """
    variables = {**despite, **({"holdfast_generation": number} if number else {})}
    outcome = shared.run("rollback", check=check, variables=variables)
    for host, facts in outcome.facts.items():
        if "generation" in facts:
            shared.say(f"{host}  {facts['url']} serves generation {facts['generation']}.")
    if outcome.failed:
        shared.say(f"The previous generation keeps serving. Ansible's own output: {outcome.log}")
    return outcome.exit_code
