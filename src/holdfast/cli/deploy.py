"""holdfast deploy"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit
from holdfast.playbook import Outcome


@click.command("deploy")
@common
@click.option("--check", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--diff", is_flag=True, help="Show the differences of files, without secrets.")
def command(shared: Common, check: bool, diff: bool) -> Exit:
    """Bring hosts to what their settings say, without losing a request.

    \b
    Example: holdfast deploy -i acme --limit registry1 --check --diff
    """
    outcome = shared.run("deploy", check=check, diff=diff)
    summary(shared, outcome, check)
    return outcome.exit_code


def summary(shared: Common, outcome: Outcome, check: bool) -> None:
    """Tell a person how a deploy ended, and what to do next."""
    good = [host for host in outcome.hosts if host not in outcome.failed]
    if outcome.failed:
        shared.say(_consequence(outcome))
        shared.say(f"Ansible's own output: {outcome.log}")
    elif check:
        shared.say("Nothing was changed: this was a check.")
    if not (check or outcome.changed or outcome.failed):
        shared.say(f"Nothing was changed, in {outcome.seconds:.1f} s.")
        return
    if check or not good:
        return
    shared.say(f"Done in {outcome.seconds:.1f} s.")
    for host in good:
        facts = outcome.facts.get(host, {})
        shared.say(f"  {facts.get('url')} serves generation {facts.get('generation')}.")
    facts = outcome.facts.get(good[0], {})
    if facts.get("ca_file"):
        shared.say(f"  Trust it:  holdfast client docker {shared.where} | sudo sh    (podman, ...)")
    if facts.get("username"):
        shared.say(f"  Log in:    docker login {facts.get('authority')} -u {facts.get('username')}")
    shared.say(f"  Prove it:  holdfast verify {shared.where}")


def _consequence(outcome: Outcome) -> str:
    texts = {
        Exit.FAILED: "What served before goes on serving.",
        Exit.REFUSED: "Nothing was changed that serves.",
        Exit.INPUT: "Nothing was touched.",
        Exit.UNREACHABLE: "Nothing was changed on the hosts that cannot be reached.",
    }
    hosts = ", ".join(sorted(outcome.failed))
    return f"{hosts}: {texts.get(outcome.exit_code, 'The run ended early.')}"
