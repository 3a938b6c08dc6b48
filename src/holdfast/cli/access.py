"""holdfast access"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from holdfast import terminal
from holdfast.cli.options import Common, common
from holdfast.cli.resolved import resolve
from holdfast.errors import Exit

if TYPE_CHECKING:
    from holdfast.access import Explanation


@click.group("access")
def command() -> None:
    """Explain access rights."""


@command.command("explain")
@common
@click.argument("who", metavar="USER")
@click.argument("repository")
def explained(shared: Common, who: str, repository: str) -> Exit:
    """Show the rights of a user or robot in a repository, and the rules that grant them.

    USER is a name, `user:NAME` or `robot:NAME` as rules write it, or `anonymous`. No host is
    contacted.

    \b
    Example: holdfast access explain alice team-a/app -i acme
    """
    hosts, outcome = resolve(shared)
    if not hosts:
        return outcome.exit_code
    from holdfast.access import explain  # noqa: PLC0415 -- slow to import

    found = {host.name: explain(host.settings, who, repository) for host in hosts}
    if shared.as_json:
        for host, one in found.items():
            click.echo(json.dumps({"host": host, **asdict(one)}))
        return Exit.OK
    for one in {str(one): one for one in found.values()}.values():
        _show(", ".join(name for name, other in found.items() if other == one), one)
    return Exit.OK


def _show(hosts: str, one: Explanation) -> None:
    from rich.console import Console  # noqa: PLC0415 -- slow to import
    from rich.table import Table  # noqa: PLC0415

    line = f"{hosts}: {one.subject}, as {', '.join(one.subjects)}, in {one.repository}"
    click.echo(terminal.fitted(line))
    table = Table("action", "allowed", "by", box=None, pad_edge=False)
    for action, rules in one.actions.items():
        first, *rest = rules or ["no rule says so"]
        table.add_row(action, "yes" if rules else "no", first)
        for rule in rest:
            table.add_row("", "", rule)
    Console(width=terminal.width() or 200, highlight=False, markup=False).print(table)
