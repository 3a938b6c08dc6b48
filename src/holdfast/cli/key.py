"""holdfast key"""

from __future__ import annotations

import time

import click

from holdfast.cli import interrupts
from holdfast.cli.options import Common, common
from holdfast.errors import Exit
from holdfast.playbook import Outcome


@click.group("key")
def command() -> None:
    """Replace the key that signs tokens, without losing a request."""


@command.command("rotate")
@common
@click.option(
    "--finish", is_flag=True, help="Stop trusting the old key, once its tokens have expired."
)
@click.option(
    "--wait", is_flag=True, help="Rotate, wait until its tokens have expired, and finish."
)
@click.option("--revoke", is_flag=True, help="Replace all keys: every login ends at once.")
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
def rotate(shared: Common, finish: bool, wait: bool, revoke: bool, check: bool) -> Exit:
    """Sign tokens with a new key; tokens of the old one stay valid until they expire.

    \b
    Example: holdfast key rotate -i acme --wait
    """
    if finish + wait + revoke > 1:
        raise click.UsageError("Give one of --finish, --wait and --revoke.")
    outcome = _change(shared, "finish" if finish else "revoke" if revoke else "rotate", check)
    if outcome.failed:
        shared.say(f"The previous generation keeps serving. Ansible's own output: {outcome.log}")
    elif wait and not check:
        seconds = max(facts["life"] for facts in outcome.facts.values())
        shared.say(f"The old key's tokens expire in {seconds} s. Waiting.")
        interrupts.note(
            "The new key signs, and the old one is still trusted."
            f" To end that: holdfast key rotate --finish {shared.where}"
        )
        time.sleep(seconds)
        outcome = _change(shared, "finish", check)
    elif not (finish or revoke or check):
        shared.say(
            "The old key is trusted until its tokens have expired; a later deploy removes it,"
            f" or: holdfast key rotate --finish {shared.where}"
        )
    return outcome.exit_code


def _change(shared: Common, change: str, check: bool) -> Outcome:
    return shared.run("key_rotate", check=check, variables={"holdfast_change": change})
