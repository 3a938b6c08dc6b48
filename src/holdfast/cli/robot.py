"""holdfast robot"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import click

from holdfast.cli.user import Asked, shared, written
from holdfast.errors import Exit, InputError


class Robots(Asked):
    """The same as for users, of registry_auth_robots."""

    kind = "ROBOTS"


_shared = partial(shared, of=Robots)
_EXPIRES = (
    click.option("--expires", metavar="DAY", help="Last day, as 2027-12-31."),
    click.option(
        "--days", type=click.IntRange(1, 3660), default=365, help="Or so many days. Default: 365."
    ),
)


def _ending(function: Callable[..., Exit]) -> Callable[..., Exit]:
    for option in reversed(_EXPIRES):
        function = option(function)
    return function


@click.group("robot")
def command() -> None:
    """Add, list and change machines that may log in (registry_auth_robots).

    The inventory's own file is edited: nothing else in it changes, and no host is contacted.

    \b
    Example: holdfast robot add ci -i acme --days 90
    """


@command.command("add")
@_shared
@click.argument("name")
@_ending
@click.option("--description", help="What it is for.")
def add(asked: Asked, name: str, expires: str | None, days: int, description: str | None) -> Exit:
    """Add a robot. Its secret is made and shown once; a SHA-256 sum of it is kept."""
    from holdfast.users import accepted_name, literal  # noqa: PLC0415 -- slow to import

    place = asked.place()
    accepted_name(name)
    if place.document:
        place.document.must_be_new(name)
    secret, kept = _secret()
    more = {"expires": _day(expires, days)}
    more |= {"description": literal(description)} if description else {}
    grow = place.document.add if place.document else place.first
    text = grow(name, "secret_hash", kept, **more)
    code = written(asked, place, text, name=name, done="added", secret=secret)
    if not asked.as_json:
        rule = f"{{subjects: [robot:{name}], repositories: [team/**], actions: [pull]}}"
        click.echo(f"First: a rule in registry_auth_rules that says what it may do, as {rule}")
    return code


@command.command("secret")
@_shared
@click.argument("name")
def secret_(asked: Asked, name: str) -> Exit:
    """Make another secret: the old one is worth nothing from the next deploy on."""
    place, document = asked.document(name)
    document.must_exist(name)
    secret, kept = _secret()
    text = document.changed(name, "secret_hash", kept)
    return written(asked, place, text, name=name, done="changed", secret=secret)


@command.command("renew")
@_shared
@click.argument("name")
@_ending
def renew(asked: Asked, name: str, expires: str | None, days: int) -> Exit:
    """Let a robot log in for longer, with the secret that it has."""
    place, document = asked.document(name)
    last = _day(expires, days)
    text = document.changed(name, "expires", last)
    return written(asked, place, text, name=name, done=f"may log in until {last}")


@command.command("remove")
@_shared
@click.argument("name")
def remove(asked: Asked, name: str) -> Exit:
    """Remove a robot; rules that name it have to go, too."""
    place, document = asked.document(name)
    return written(asked, place, document.remove(name), name=name, done="removed")


@command.command("list")
@_shared
def list_(asked: Asked) -> Exit:
    """List the robots: until when each may log in, and what it is for."""
    document = asked.place().document
    robots = document.users() if document else []
    for robot in robots:
        assert document
        told = {key: document.value(robot.name, key) for key in ("expires", "description")}
        if asked.as_json:
            click.echo(json.dumps({"name": robot.name, **told}))
        else:
            last = f"until {told['expires']}"
            click.echo(f"{robot.name:<24} {last:<18} {told['description'] or ''}".rstrip())
    if not (robots or asked.as_json):
        click.echo("There is none. Add one: holdfast robot add NAME")
    return Exit.OK


def _secret() -> tuple[str, str]:
    """Return a new secret of 256 bits, and what is kept of it."""
    import secrets  # noqa: PLC0415 -- a listing does not need it
    from hashlib import sha256  # noqa: PLC0415

    secret = f"hfr_{secrets.token_urlsafe(32)}"
    return secret, f"sha256:{sha256(secret.encode()).hexdigest()}"


def _day(expires: str | None, days: int) -> str:
    if expires is None:
        return f"{datetime.now(UTC).date() + timedelta(days=days)}"
    try:
        return f"{date.fromisoformat(expires)}"
    except ValueError:
        raise InputError(f"--expires: expected a day as 2027-12-31, got {expires}") from None
