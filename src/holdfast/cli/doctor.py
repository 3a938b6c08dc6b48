"""holdfast doctor"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ansible_collections.holdfast.registry.plugins.plugin_utils import tables

from holdfast.cli.options import Common, common
from holdfast.cli.resolved import resolve
from holdfast.errors import Exit, InputError

if TYPE_CHECKING:
    from holdfast.doctor import Examined, Finding

MOST_BYTES = 1 << 16
"""Maximum size of a token in bytes; the proxy's limit for headers is lower."""


@click.command("doctor")
@common
@click.option("--token", "place", metavar="FILE", help="File with a refused token; - for stdin.")
@click.option("--scope", help="Requested access, as repository:team/app:pull,push.")
@click.option("--offline", is_flag=True, help="Check a token against the settings only.")
def command(shared: Common, place: str | None, scope: str | None, offline: bool) -> Exit:
    """Diagnose hosts, or the refusal of a token, and name the remedy. Changes nothing.

    Exit code 6 if there are problems.

    \b
    Example: holdfast doctor -i acme
             holdfast doctor -i acme --token refused.jwt --scope repository:team/app:pull
    """
    token = _token(place) if place else None
    if token is None and (scope or offline):
        raise InputError("--token: expected with --scope and --offline, got nothing")
    if offline:
        return _offline(shared, token or "", scope)
    quiet = Common(**{**shared.__dict__, "quiet": True, "as_json": False})
    with shared.waiting("Examines the hosts"):
        outcome = quiet.run("doctor")
    told = {}
    for host, facts in sorted(outcome.facts.items()):
        found = facts["findings"]
        if token is not None:
            found = _as_dicts(_examined(facts, token, scope).findings)
        told[host] = found
    _show(shared, told)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    return _verdict(told)


def _token(place: str) -> str:
    """Read a token from a file or standard input; it is never passed as an argument."""
    try:
        if place == "-":
            return sys.stdin.read(MOST_BYTES)
        with Path(place).open(encoding="utf-8", errors="replace") as stream:
            return stream.read(MOST_BYTES)
    except OSError as error:
        raise InputError(
            f"--token: expected a file with a token, or -, and cannot read it ({error.strerror})."
            " The token itself is never given here: others see a command's arguments"
        ) from error


def _examined(facts: Mapping[str, Any], token: str, scope: str | None) -> Examined:
    """Check a token as the registry of a host does, with that host's clock and keys."""
    from holdfast.doctor import TokenPolicy, examine  # noqa: PLC0415 -- slow to import

    told = facts["trust"]
    if not told:
        raise InputError("there is no generation that could take a token. Run: holdfast deploy")
    texts = {key: text for key, text in told.items() if key != "config"}
    policy = TokenPolicy.read(told["config"], texts, facts["version"])
    return examine(token, policy, time.time() + facts["offset"], scope)


def _offline(shared: Common, token: str, scope: str | None) -> Exit:
    from holdfast.doctor import TokenPolicy, examine  # noqa: PLC0415 -- slow to import
    from holdfast.rendering import render  # noqa: PLC0415

    hosts, outcome = resolve(shared)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    told = {}
    for host in hosts:
        policy = TokenPolicy.of(render(host.settings), host.settings.version)
        told[host.name] = _as_dicts(examine(token, policy, time.time(), scope).findings)
    _show(shared, told)
    return _verdict(told)


def _as_dicts(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [one.as_dict() for one in findings]


def _verdict(told: Mapping[str, list[dict[str, str]]]) -> Exit:
    well = all(one["state"] == "ok" for found in told.values() for one in found)
    return Exit.OK if well else Exit.VERIFICATION


def _show(shared: Common, told: Mapping[str, list[dict[str, str]]]) -> None:
    rows = tables.finding_rows(told)
    if shared.as_json:
        for row in rows:
            click.echo(json.dumps(row, sort_keys=True))
        return
    for line in tables.findings(rows, quiet=shared.quiet):
        click.echo(shared.advice(line))
    shared.say(tables.total(rows, len(told)))
