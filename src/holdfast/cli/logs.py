"""Run `holdfast logs`."""

from __future__ import annotations

from typing import Any

import click
from ansible_collections.holdfast.registry.plugins.plugin_utils.lines import LOG

from holdfast.cli import interrupts
from holdfast.cli.options import Common, common
from holdfast.errors import Exit, InputError
from holdfast.playbook.display import Lines
from holdfast.playbook.run import Event


class _Plain(Lines):
    """Display of the lines of logs as they are; with a host's name only if there are several."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._hosts = set[str]()

    def show(self, event: Event) -> None:
        """Display one event."""
        if event["event"] == "task":
            self._hosts.add(event["host"])
        elif event.get("phase") == LOG and event.get("state") == "ok":
            name = f"{event['host']}  " if len(self._hosts) > 1 else ""
            click.echo(f"{name}{event['text']}")
        else:
            super().show(event)


@click.command("logs")
@common
@click.argument("unit", required=False)
@click.option("--access", is_flag=True, help="Show the requests, one JSON object each.")
@click.option("--audit", is_flag=True, help="Show logins and tokens, one JSON object each.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines, until Ctrl-C.")
@click.option("-n", "--lines", type=click.IntRange(1, 10_000), default=100, help="Last lines. 100.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    shared: Common, unit: str | None, access: bool, audit: bool, follow: bool, lines: int
) -> Exit:
    """Show the logs of hosts: of all units, or of one, such as registry, proxy or gc.

    \b
    Example: holdfast logs registry -f -i acme
             holdfast logs --access -n 20 -i acme --limit registry1
    """
    if access + audit + bool(unit) > 1:
        raise InputError("UNIT, --access, --audit: expected one of them, got several. Give one")
    variables: dict[str, Any] = {
        "holdfast_logs": "access" if access else "audit" if audit else "units",
        "holdfast_unit": unit or "",
        "holdfast_lines": lines,
        "holdfast_follow": follow,
    }
    if follow:
        interrupts.expected()
    display = None if shared.as_json else _Plain(quiet=shared.quiet)
    return shared.run("logs", display, variables=variables).exit_code
