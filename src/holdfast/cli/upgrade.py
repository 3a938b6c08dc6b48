"""Run `holdfast upgrade`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from holdfast.cli import upgrade_run
from holdfast.cli.despite_lock import despite_lock
from holdfast.cli.options import Common, common
from holdfast.cli.reason import reason
from holdfast.cli.resolved import Resolved, resolve
from holdfast.errors import Exit, InputError

if TYPE_CHECKING:
    from holdfast.settings import Settings
    from holdfast.upgrading.inventory_line import Change
    from holdfast.upgrading.plan import Step


@click.command("upgrade")
@common
@click.option("--to", "wanted", metavar="VERSION", help="Version; default: the newest known.")
@click.option("--plan", is_flag=True, help="Show what would change, without changing it.")
@click.option("--write", is_flag=True, help="Write the version into the inventory; ask nothing.")
@click.option("--no-backup", is_flag=True, help="Make no backup first.")
@reason("Reason, which `holdfast generations` shows.")
@despite_lock
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    shared: Common,
    wanted: str | None,
    plan: bool,
    write: bool,
    no_backup: bool,
    message: str | None,
    despite: dict[str, object],
) -> Exit:
    """Upgrade the registry: write its version into the inventory, back up, and deploy.

    The plan comes first: what the catalogue knows of the versions on the way, keys of the
    configuration that differ, and images that the new version cannot serve, which refuse it. If the
    deploy fails on all hosts, the inventory is as before.

    \b
    Example: holdfast upgrade -i acme --plan
             holdfast upgrade -i acme --to 3.1.1 --write
    """
    hosts, outcome = resolve(shared)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    from holdfast.upgrading import choosing, inventory_line  # noqa: PLC0415 -- slow to import

    version = choosing.chosen({one.name: one.settings for one in hosts}, wanted)
    wish = {one.name: _after(one, version) for one in hosts}
    named = all(one.settings.version == version for one in hosts)
    changes = [] if named else inventory_line.changes(shared.inventories, version)
    seen = shared.run("deploy", check=True, variables={} if named else _variables(version))
    if seen.failed:
        shared.say("Nothing was changed.")
        return seen.exit_code
    serving = {host: facts.get("version") for host, facts in seen.facts.items()}
    steps = _steps(hosts, wish, serving)
    _show(shared, steps, changes)
    if not (changes or any(not one.done for one in steps)):
        shared.say("Nothing to do.")
        return Exit.OK
    if plan:
        again = f"holdfast upgrade --to {version}{' --write' if changes else ''} {shared.where}"
        shared.say(f"Nothing was changed. To do it: {again}")
        return Exit.OK
    if changes and not (write or _agreed(shared, version, changes)):
        shared.say("Nothing was changed.")
        return Exit.OK
    run = upgrade_run.Run(shared, version, message, despite)
    saved = [] if no_backup else [one.host for one in steps if one.saved and not one.done]
    code = run.back_up(saved)
    return run.upgrade(changes) if code is Exit.OK else code


def _variables(version: str) -> dict[str, object]:
    """Return the settings of a release as extra variables, for a look before they are written."""
    from holdfast.upgrading.places import CHECKSUM, SOURCE, VERSION  # noqa: PLC0415

    return {SOURCE: "release", VERSION: version, CHECKSUM: None}


def _after(one: Resolved, version: str) -> Settings:
    """Return a host's settings with another version. Raises InputError for what it lacks."""
    from holdfast.settings import SettingsError, parse  # noqa: PLC0415 -- slow to import
    from holdfast.settings.load import load_files  # noqa: PLC0415

    if one.settings.version == version:
        return one.settings
    filled, _ = load_files({**one.variables, **_variables(version)}, one.inventory_directory)
    try:
        return parse(filled)
    except SettingsError as error:
        raise InputError(*(f"{one.name}, with {version}: {line}" for line in error.lines)) from None


def _steps(hosts: list[Resolved], wish: dict[str, Settings], serving: dict[str, Any]) -> list[Step]:
    from holdfast.upgrading.plan import Step, refuse_removed  # noqa: PLC0415 -- slow to import

    empty = [one.name for one in hosts if not serving.get(one.name)]
    if empty:
        where = ", ".join(empty)
        raise InputError(
            f"{where}: expected a registry that serves, found none. Run: holdfast deploy"
        )
    steps = [Step(one.name, serving[one.name], one.settings, wish[one.name]) for one in hosts]
    refuse_removed(steps)
    return steps


def _show(shared: Common, steps: list[Step], changes: list[Change]) -> None:
    from holdfast.upgrading.plan import facts_of, lines  # noqa: PLC0415 -- slow to import

    edits = [line for one in changes for line in one.lines]
    if shared.as_json:
        facts = {"event": "plan", "hosts": facts_of(steps), "inventory": edits}
        click.echo(json.dumps(facts, sort_keys=True))
    for line in (*lines(steps), *edits):
        shared.say(line)


def _agreed(shared: Common, version: str, changes: list[Change]) -> bool:
    if shared.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        edits = [line for one in changes for line in one.lines]
        text = f"inventory: expected registry {version}, which this changes. Do it, or give --write"
        raise InputError(text, *edits)
    return click.confirm("Write this into the inventory, and upgrade?")
