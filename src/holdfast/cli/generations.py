"""holdfast generations"""

from __future__ import annotations

import click
from ansible_collections.holdfast.registry.plugins.plugin_utils import tables

from holdfast import terminal
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("generations")
@common
@click.option("--diff", nargs=2, type=click.IntRange(1), metavar="A B", help="Compare these two.")
def command(shared: Common, diff: tuple[int, int] | None) -> Exit:
    """List the generations that each host keeps: when, by whom and for which reason.

    \b
    Example: holdfast generations -i acme
             holdfast generations -i acme --limit registry1 --diff 7 8
    """
    variables = {"holdfast_compare": list(diff)} if diff else {}
    outcome = shared.run("generations", diff=bool(diff), variables=variables)
    for host, facts in sorted(outcome.facts.items()):
        first = f"holdfast deploy {shared.where}"
        for line in tables.generations(host, facts.get("generations", []), first):
            shared.say(terminal.fitted(line))
        if "differing" in facts:
            count = facts["differing"]
            shared.say(
                f"{host}  {count or 'no'} file{'s' * (count != 1)} differ{'s' * (count == 1)}"
            )
    return outcome.exit_code
