"""holdfast robot"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import click

from holdfast import terminal
from holdfast.cli.user import Logins, shared, written
from holdfast.errors import Exit, InputError


class Robots(Logins):
    """The same options as for users, for registry_auth_robots."""

    kind = "ROBOTS"


_shared = partial(shared, of=Robots)
_EXPIRES = (
    click.option("--expires", metavar="DAY", help="Last day, as 2027-12-31."),
    click.option(
        "--days", type=click.IntRange(1, 3660), default=365, help="Validity in days. Default: 365."
    ),
)


def _ending(function: Callable[..., Exit]) -> Callable[..., Exit]:
    for option in reversed(_EXPIRES):
        function = option(function)
    return function


@click.group("robot")
def command() -> None:
    """Manage machine accounts (registry_auth_robots).

    The inventory's own file is edited: nothing else in it changes, and no host is contacted.

    \b
    Example: holdfast robot add ci -i acme --days 90
    """


@command.command("add")
@_shared
@click.argument("name")
@_ending
@click.option("--description", help="Purpose of the robot.")
def add(logins: Logins, name: str, expires: str | None, days: int, description: str | None) -> Exit:
    """Add a robot. Its secret is generated and shown once; only its SHA-256 is stored.

    \b
    Example: holdfast robot add ci -i acme --days 90
    """
    from holdfast.users import literal  # noqa: PLC0415 -- slow to import

    place = logins.new(name)
    secret, kept = _secret()
    more = {"expires": _day(expires, days)}
    more |= {"description": literal(description)} if description else {}
    grow = place.document.add if place.document else place.first
    text = grow(name, "secret_hash", kept, **more)
    code = written(logins, place, text, name=name, done="added", secret=secret)
    if not (logins.as_json or logins.quiet):
        rule = f"{{subjects: [robot:{name}], repositories: [team/**], actions: [pull]}}"
        line = f"First: add a rule with its rights to registry_auth_rules, as {rule}"
        click.echo(terminal.fitted(line))
    return code


@command.command("secret")
@_shared
@click.argument("name")
def secret_(logins: Logins, name: str) -> Exit:
    """Replace the secret of a robot. The old one is invalid after the next deploy.

    \b
    Example: holdfast robot secret ci -i acme
    """
    place, document = logins.document(name)
    document.must_exist(name)
    secret, kept = _secret()
    text = document.changed(name, "secret_hash", kept)
    return written(logins, place, text, name=name, done="changed", secret=secret)


@command.command("renew")
@_shared
@click.argument("name")
@_ending
def renew(logins: Logins, name: str, expires: str | None, days: int) -> Exit:
    """Extend the expiry date of a robot, with the same secret.

    \b
    Example: holdfast robot renew ci -i acme --days 90
    """
    place, document = logins.document(name)
    last = _day(expires, days)
    text = document.changed(name, "expires", last)
    return written(logins, place, text, name=name, done=f"may log in until {last}")


@command.command("remove")
@_shared
@click.argument("name")
def remove(logins: Logins, name: str) -> Exit:
    """Remove a robot. Rules that name it have to be removed, too.

    \b
    Example: holdfast robot remove ci -i acme
    """
    place, document = logins.document(name)
    return written(logins, place, document.remove(name), name=name, done="removed")


@command.command("list")
@_shared
def list_(logins: Logins) -> Exit:
    """List the robots with their expiry dates and descriptions.

    \b
    Example: holdfast robot list -i acme
    """
    document = logins.place().document
    robots = document.users() if document else []
    for robot in robots:
        assert document
        values = {key: document.value(robot.name, key) for key in ("expires", "description")}
        if logins.as_json:
            click.echo(json.dumps({"name": robot.name, **values}))
        elif not logins.quiet:
            last = f"until {values['expires']}"
            click.echo(f"{robot.name:<24} {last:<18} {values['description'] or ''}".rstrip())
    if not (robots or logins.as_json or logins.quiet):
        click.echo("There is none. Add one: holdfast robot add NAME")
    return Exit.OK


def _secret() -> tuple[str, str]:
    """Return a new secret of 256 bits and its hash for the inventory."""
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
