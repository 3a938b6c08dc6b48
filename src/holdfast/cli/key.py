"""holdfast key"""

from __future__ import annotations

import time

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit
from holdfast.playbook import Outcome


@click.group("key")
def command() -> None:
    """Let one key that signs tokens follow another, without losing a request."""


@command.command("rotate")
@common
@click.option("--finish", is_flag=True, help="Trust the old key no longer: its tokens have ended.")
@click.option("--wait", is_flag=True, help="Rotate, wait until its tokens have ended, and finish.")
@click.option("--revoke", is_flag=True, help="A new key and no other: every login ends at once.")
@click.option("--check", is_flag=True, help="Tell what would be done, and do nothing.")
def rotate(shared: Common, finish: bool, wait: bool, revoke: bool, check: bool) -> Exit:
    """Sign tokens with a new key; those of the old one stay good until they end.

    \b
    Example: holdfast key rotate -i acme --wait
    """
    if finish + wait + revoke > 1:
        raise click.UsageError("Give one of --finish, --wait and --revoke.")
    outcome = _change(shared, "finish" if finish else "revoke" if revoke else "rotate", check)
    if outcome.failed:
        shared.say(f"What served before goes on serving. Ansible's own output: {outcome.log}")
    elif wait and not check:
        seconds = max(facts["life"] for facts in outcome.facts.values())
        shared.say(f"The old key's tokens end in {seconds} s. Waiting.")
        time.sleep(seconds)
        outcome = _change(shared, "finish", check)
    elif not (finish or revoke or check):
        shared.say(
            "The old key is trusted until its tokens have ended; any later deploy drops it,"
            f" or: holdfast key rotate --finish {shared.where}"
        )
    return outcome.exit_code


def _change(shared: Common, change: str, check: bool) -> Outcome:
    return shared.run("keys", check=check, variables={"holdfast_change": change})
