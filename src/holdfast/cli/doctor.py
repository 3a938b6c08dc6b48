"""holdfast doctor"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.cli.options import Common, common
from holdfast.cli.resolved import resolve
from holdfast.errors import Exit, InputError

if TYPE_CHECKING:
    from holdfast.doctor import Examined, Finding

MOST_BYTES = 1 << 16
"""No registry takes a longer token: the proxy's headers are bounded."""


@click.command("doctor")
@common
@click.option("--token", "place", metavar="FILE", help="A token that was refused; - for stdin.")
@click.option("--scope", help="What was asked with it, as repository:team/app:pull,push.")
@click.option("--offline", is_flag=True, help="Contact no host: a token against the settings.")
def command(shared: Common, place: str | None, scope: str | None, offline: bool) -> Exit:
    """Tell what is wrong with hosts, or why a token is refused, and what to do. Changes nothing.

    Exit code 6 when something is wrong.

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
    """Read a token from a file or from standard input; it is never in an argument."""
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
    """Look at a token as the registry of a host does, with that host's clock and its keys."""
    from holdfast.doctor import Trust, examine  # noqa: PLC0415 -- slow to import

    told = facts["trust"]
    if not told:
        raise InputError("there is no generation that could take a token. Run: holdfast deploy")
    texts = {key: text for key, text in told.items() if key != "config"}
    trust = Trust.read(told["config"], texts, facts["version"])
    return examine(token, trust, time.time() + facts["offset"], scope)


def _offline(shared: Common, token: str, scope: str | None) -> Exit:
    from holdfast.doctor import Trust, examine  # noqa: PLC0415 -- slow to import
    from holdfast.rendering import render  # noqa: PLC0415

    hosts, outcome = resolve(shared)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    told = {}
    for host in hosts:
        trust = Trust.of(render(host.settings), host.settings.version)
        told[host.name] = _as_dicts(examine(token, trust, time.time(), scope).findings)
    _show(shared, told)
    return _verdict(told)


def _as_dicts(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [one.as_dict() for one in findings]


def _verdict(told: Mapping[str, list[dict[str, str]]]) -> Exit:
    well = all(one["state"] == "ok" for found in told.values() for one in found)
    return Exit.OK if well else Exit.VERIFICATION


def _show(shared: Common, told: Mapping[str, list[dict[str, str]]]) -> None:
    rows = [{"host": host, **one} for host, found in told.items() for one in found]
    if shared.as_json:
        for row in rows:
            click.echo(json.dumps(row, sort_keys=True))
        return
    wide = {key: max((len(row[key]) for row in rows), default=0) for key in ("host", "about")}
    for row in rows:
        if shared.quiet and row["state"] == "ok":
            continue
        begin = f"{row['host']:<{wide['host']}}  {row['about']:<{wide['about']}}"
        click.echo(f"{begin}  {row['state']:<7}  {row['text']}")
        if row["todo"]:
            click.echo(f"{'':<{len(begin)}}  {'':<7}  {row['todo']}")
    wrong = sum(row["state"] != "ok" for row in rows)
    shared.say(f"{wrong or 'Nothing'} wrong on {len(told)} host{'s' * (len(told) != 1)}.")
