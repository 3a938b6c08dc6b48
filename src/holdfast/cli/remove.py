"""Run `holdfast remove`."""

from __future__ import annotations

import sys

import click

from holdfast.cli.despite_lock import despite_lock
from holdfast.cli.options import Common, common
from holdfast.errors import Exit, InputError

WORDS = ("images", "backups", "certificates", "logs")


@click.command("remove")
@common
@click.option("--check", is_flag=True, help="Show what would go, without removing it.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option(
    "--with",
    "also",
    multiple=True,
    type=click.Choice(WORDS),
    help="Remove these, too. May be given several times.",
)
@despite_lock
def command(
    shared: Common, check: bool, yes: bool, also: tuple[str, ...], despite: dict[str, object]
) -> Exit:
    """Remove the registry from hosts: units, users, files, timers, firewall and ssh settings.

    Images, backups, certificates and logs stay, unless --with names them. Everything goes at once:
    requests that run are cut. After an interruption, a second run completes it.

    \b
    Example: holdfast remove -i acme --limit registry1 --check
             holdfast remove -i acme --limit registry1 --with images
    """
    variables = {**despite, "holdfast_with": ",".join(also)}
    asks = not (check or yes)
    if asks and (shared.as_json or not (sys.stdin.isatty() and sys.stdout.isatty())):
        raise InputError("--yes: expected it, or a terminal to ask at. See first: remove --check")
    if check or asks:
        seen = shared.run("remove", check=True, variables=variables)
        hosts = ", ".join(sorted(one for one, facts in seen.facts.items() if facts.get("gone")))
        if check or seen.failed or not hosts:
            return seen.exit_code
        if not click.confirm(f"Remove all this from {hosts}?"):
            click.echo("Nothing was changed.")
            return Exit.OK
    outcome = shared.run("remove", variables={**variables, "holdfast_confirmed": True})
    if outcome.failed:
        shared.say("The removal is not complete. The same command again completes the rest.")
        shared.say(f"Ansible's own output: {outcome.log}")
    return outcome.exit_code
