"""holdfast generations"""

from __future__ import annotations

import time
from typing import Any

import click

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
        _table(shared, host, facts.get("generations", []))
    return outcome.exit_code


def _table(shared: Common, host: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        shared.say(f"{host}  none yet: holdfast deploy {shared.where}")
    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["time"])) if row["time"] else "?"
        line = f"{host}  {row['number']:>4}  {row['state']:<8} {when}  registry {row['version']}"
        failure = f"  {row['failure']}" if row["state"] == "failed" else ""
        shared.say(f"{line}  by {row['by']}{failure}")
