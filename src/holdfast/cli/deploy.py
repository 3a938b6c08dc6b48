"""holdfast deploy"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click

from holdfast import terminal
from holdfast.cli import hooks
from holdfast.cli.ansible_options import phased
from holdfast.cli.despite_lock import despite_lock
from holdfast.cli.options import Common, common
from holdfast.cli.reason import reason
from holdfast.errors import Exit
from holdfast.playbook import Outcome


@click.command("deploy")
@common
@click.option("--check", is_flag=True, help="Show what would change, without changing it.")
@reason("Reason, which `holdfast generations` shows.")
@click.option("--diff", is_flag=True, help="Show the differences of files, without secrets.")
@click.option(
    "--new-authority",
    is_flag=True,
    help="Replace the authority that clients trust: each needs the new ca.crt.",
)
@despite_lock
@phased
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    shared: Common,
    check: bool,
    message: str | None,
    diff: bool,
    new_authority: bool,
    despite: dict[str, object],
    **phases: Any,
) -> Exit:
    """Deploy the settings to the hosts, without losing a request.

    The inventory's programs hooks/before-deploy and hooks/after-deploy run around it.

    \b
    Example: holdfast deploy -i acme --limit registry1 --check --diff
             holdfast deploy -i acme -m "let the build machines in"
    """
    given = {"holdfast_new_authority": new_authority, "holdfast_reason": message}
    variables = {**despite, **{name: value for name, value in given.items() if value}}
    if check:
        return deploy(shared, check=check, diff=diff, variables=variables, **phases).exit_code
    facts = hook_facts(shared, message)
    run = partial(deploy, shared, check=check, diff=diff, variables=variables, **phases)
    return hooks.around(shared.inventories, facts, run)


def hook_facts(shared: Common, message: str | None) -> dict[str, str]:
    """Return the environment variables that hooks get."""
    return {"HOLDFAST_REASON": message or "", "HOLDFAST_LIMIT": shared.limit or ""}


def deploy(shared: Common, *, check: bool, **how: Any) -> Outcome:
    """Deploy without hooks, and print the result."""
    outcome = shared.run("deploy", check=check, **how)
    summary(shared, outcome, check)
    return outcome


def summary(shared: Common, outcome: Outcome, check: bool) -> None:
    """Print the result of a deploy and the next steps."""
    good = [host for host in outcome.hosts if host not in outcome.failed]
    if outcome.failed:
        _say_what_failed(shared, outcome)
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
        if facts.get("generation"):  # --tags install leaves a new host without one
            shared.say(f"  {facts['url']} serves generation {facts['generation']}.")
    facts = outcome.facts.get(good[0], {})
    for path in sorted({one.get("new_authority") or "" for one in outcome.facts.values()} - {""}):
        folder = Path(path).parent
        line = f"  Keep it:   {folder}/ is the new authority that clients trust."
        shared.say(terminal.fitted(line))
        shared.say("             Whoever deploys needs it: docs/two-administrators.md")
    if facts.get("ca_file"):
        shared.say(f"  Trust it:  holdfast client docker {shared.where} | sudo sh    (podman, ...)")
    if facts.get("username"):
        shared.say(f"  Log in:    docker login {facts.get('authority')} -u {facts.get('username')}")
    shared.say(f"  Prove it:  holdfast verify {shared.where}")


def _say_what_failed(shared: Common, outcome: Outcome) -> None:
    for line in (*consequences(outcome), f"Ansible's own output: {outcome.log}"):
        shared.say(terminal.fitted(line))


def consequences(outcome: Outcome) -> Iterator[str]:
    """Yield what the run left behind: of all hosts, and of each failed one that it changed."""
    facts = [outcome.facts.get(host, {}) for host in outcome.failed]
    first = any(one.get("generation", 0) is None for one in facts)
    serving = "No generation is" if first else "The previous generation keeps"
    texts = {
        Exit.FAILED: f"{serving} serving.",
        Exit.REFUSED: "The serving generation was not changed.",
        Exit.INPUT: "Nothing was touched.",
        Exit.UNREACHABLE: "Nothing was changed on the hosts that cannot be reached.",
    }
    hosts = ", ".join(sorted(outcome.failed))
    yield f"{hosts}: {texts.get(outcome.exit_code, 'The run ended early.')}"
    for host, code in sorted(outcome.failed.items()):
        kept = _kept(outcome.changes.get(host, []), code)
        if kept:
            yield f"{host}: Changed before that, and kept: {'; '.join(kept)}."


def _kept(changes: list[str], code: Exit) -> list[str]:
    """Return the changes that a failed run did not undo: an activation undoes its own."""
    return [one for one in changes if code is not Exit.FAILED or one.startswith("install: ")]
