"""holdfast user"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.cli.options import INVENTORY, advising, inventories_of, inventory_options
from holdfast.errors import Exit, InputError

if TYPE_CHECKING:
    from holdfast.users import Document, InventoryFile, User


class Logins:
    """Options that the verbs share: the inventory, its file of logins, the output format."""

    kind = "USERS"
    """Kind of logins, by its name in holdfast.users."""

    def __init__(
        self, inventories: tuple[Path, ...], file: Path | None, *, as_json: bool, quiet: bool
    ) -> None:
        self.inventories, self._file = inventories, file
        self.as_json, self.quiet = as_json, quiet

    def place(self) -> InventoryFile:
        """Return the file that defines the logins."""
        from holdfast import users  # noqa: PLC0415 -- slow to import

        return users.locate(self.inventories, self._file, getattr(users, self.kind))

    def new(self, name: str) -> InventoryFile:
        """Return the file for a new login. Raises InputError if the name is taken or invalid."""
        from holdfast import users  # noqa: PLC0415 -- slow to import

        place = self.place()
        users.accepted_name(name)
        if place.document:
            place.document.must_be_new(name)
        for kind in (users.USERS, users.ROBOTS):
            if kind != place.kind:
                users.must_be_free(self.inventories, name, kind)
        return place

    def document(self, name: str) -> tuple[InventoryFile, Document]:
        """Return the file that defines the logins, and its document. Raises InputError if there is
        none."""
        place = self.place()
        if place.document is None:
            noun = place.kind.noun
            raise InputError(
                f"{place.where}: expected {noun}s, found none. Run: holdfast {noun} add {name}"
            )
        return place, place.document

    def say(self, facts: dict[str, Any], *lines: str) -> Exit:
        """Print the result and the next command; if quiet, a generated secret alone."""
        if self.as_json:
            click.echo(json.dumps(facts, sort_keys=True))
            return Exit.OK
        if self.quiet:
            for one in filter(None, (facts.get("password"), facts.get("secret"))):
                click.echo(one)
            return Exit.OK
        for line in lines:
            click.echo(line)
        click.echo(f"Next: holdfast deploy {inventory_options(self.inventories)}")
        return Exit.OK

    def show(self, users: list[User], where: str) -> Exit:
        """Print users as a table, or as one JSON object a line."""
        if self.as_json:
            for user in users:
                click.echo(json.dumps({**vars(user), "where": f"{where}:{user.line}"}))
        elif not self.quiet:
            _table(users, where)
        return Exit.OK


def shared(function: Callable[..., Exit], of: type[Logins] = Logins) -> Callable[..., Exit]:
    """Add the shared options to a verb. They arrive as its first argument, a Logins."""

    def command(inventories: tuple[Path, ...], **values: Any) -> Exit:
        given = {name: values.pop(name) for name in ("file", "as_json", "quiet")}
        found = inventories_of(inventories)
        with advising(found):
            return function(of(found, **given), **values)

    command.__doc__ = function.__doc__
    command.__dict__.update(function.__dict__)
    path = click.Path(path_type=Path, dir_okay=False)
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON objects.")(command)
    command = click.option("-q", "--quiet", is_flag=True, help="Print a new secret only.")(command)
    command = click.option("--file", type=path, help="File of the logins, if there are several.")(
        command
    )
    return INVENTORY(command)


_PASSWORDS = (
    click.option("--stdin", is_flag=True, help="Read the password from standard input."),
    click.option("--generate", is_flag=True, help="Generate a password, and show it once."),
    click.option(
        "--plain",
        is_flag=True,
        help="Store the password itself, for the smoke test. Encrypt the file.",
    ),
    click.option(
        "--cost",
        type=click.IntRange(10, 14),
        help="bcrypt cost. Default: registry_auth_bcrypt_cost.",
    ),
)


def _with_password(function: Callable[..., Exit]) -> Callable[..., Exit]:
    for option in reversed(_PASSWORDS):
        function = option(function)
    return function


@click.group("user")
def command() -> None:
    """Manage users (registry_auth_users).

    The inventory's own file is edited: nothing else in it changes, and no host is contacted.

    \b
    Example: holdfast user add alice -i acme --generate
    """


@command.command("add")
@shared
@click.argument("name")
@_with_password
def add(logins: Logins, name: str, **how: Any) -> Exit:
    """Add a user. The password is prompted for, read or generated; its bcrypt hash is stored.

    \b
    Example: holdfast user add alice -i acme --generate
    """
    place = logins.new(name)
    key, value, shown = _secret(logins, name, **how)
    text = place.document.add(name, key, value) if place.document else place.first(name, key, value)
    return written(logins, place, text, name=name, done="added", password=shown)


@command.command("password")
@shared
@click.argument("name")
@_with_password
def password(logins: Logins, name: str, **how: Any) -> Exit:
    """Change a user's password.

    \b
    Example: holdfast user password alice -i acme
    """
    place, document = logins.document(name)
    document.must_exist(name)
    key, value, shown = _secret(logins, name, **how)
    text = document.password(name, key, value)
    return written(logins, place, text, name=name, done="changed", password=shown)


@command.command("remove")
@shared
@click.argument("name")
def remove(logins: Logins, name: str) -> Exit:
    """Remove a user.

    \b
    Example: holdfast user remove alice -i acme
    """
    place, document = logins.document(name)
    return written(logins, place, document.remove(name), name=name, done="removed")


@command.command("disable")
@shared
@click.argument("name")
def disable(logins: Logins, name: str) -> Exit:
    """Disable a user: keep it, but refuse its logins.

    \b
    Example: holdfast user disable alice -i acme
    """
    place, document = logins.document(name)
    return written(logins, place, document.disable(name), name=name, done="disabled")


@command.command("enable")
@shared
@click.argument("name")
def enable(logins: Logins, name: str) -> Exit:
    """Enable a disabled user.

    \b
    Example: holdfast user enable alice -i acme
    """
    place, document = logins.document(name)
    return written(logins, place, document.enable(name), name=name, done="enabled")


@command.command("list")
@shared
def list_(logins: Logins) -> Exit:
    """List the users, with the kind and the place of their passwords.

    \b
    Example: holdfast user list -i acme
    """
    place = logins.place()
    return logins.show(place.document.users() if place.document else [], str(place.path))


def written(logins: Logins, place: InventoryFile, text: str, **facts: str | None) -> Exit:
    """Write the changed text of a file if it differs; print `name`, `done` and the secret, if
    any."""
    if place.document and text == place.document.text:
        facts["done"] = "is so already"
    else:
        place.write(text)
    lines = [f"{facts['name']}: {facts['done']}, in {place.where}"]
    if facts.get("password"):
        lines.append(f"Password, shown this once: {facts['password']}")
    if facts.get("secret"):
        lines.append(f"Secret, shown this once: {facts['secret']}")
    return logins.say({**facts, "file": str(place.path)}, *lines)


def _secret(  # noqa: PLR0913 -- each is an option of the command line
    logins: Logins, name: str, *, stdin: bool, generate: bool, plain: bool, cost: int | None
) -> tuple[str, str, str | None]:
    """Return the key, its YAML value, and a generated password to show."""
    from holdfast.users import accepted_password, generated, hashed, literal  # noqa: PLC0415

    if stdin and generate:
        raise InputError("--stdin, --generate: expected one of the two")
    found = generated() if generate else _read(stdin)
    accepted_password(found, name)
    shown = found if generate else None
    if plain:
        return "password", literal(found), shown
    return "password_hash", literal(hashed(found, cost or _cost(logins))), shown


def _read(stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InputError("password: expected a terminal to ask at. Give --stdin or --generate")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="Repeat it"))


def _cost(logins: Logins) -> int:
    from holdfast.settings.sections.auth import Htpasswd  # noqa: PLC0415
    from holdfast.users.inventory_file import setting  # noqa: PLC0415

    given = setting(logins.inventories, "registry_auth_bcrypt_cost")
    default: int = Htpasswd.model_fields["bcrypt_cost"].default
    return int(given) if given and given.isdigit() and 10 <= int(given) <= 14 else default


def _table(users: list[User], where: str) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    columns = {
        "name": [user.name for user in users],
        "state": ["disabled" if user.disabled else "may log in" for user in users],
        "kept": [user.kind for user in users],
        "cost": [str(user.cost or "") for user in users],
        "where": [f"{where}:{user.line}" for user in users],
    }
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, cells in columns.items():
        table.add_column(heading, no_wrap=True, min_width=max(map(len, [heading, *cells])))
    # One row of many lines: with a row for each, ten thousand users take rich some seconds.
    table.add_row(*(Text("\n".join(cells)) for cells in columns.values()))
    Console(soft_wrap=True).print(table)
