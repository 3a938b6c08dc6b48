"""Ask on a terminal for what no option gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.errors import InputError

if TYPE_CHECKING:
    from holdfast.starting import Answers

_TERMS = "Accept the terms of service of Let's Encrypt, https://letsencrypt.org/repository?"

_ROOT = "File with the root of the certificate, or nothing if every system knows it"


def answers(given: Mapping[str, Any], *, ask: bool) -> Answers:
    """Return the answers. Raises InputError if one is missing or invalid.

    With `ask`, each question is repeated until its answer is valid.
    """
    from holdfast import starting  # noqa: PLC0415 -- slow to import

    found = dict(given)
    if ask:
        _ask(found)
    if not found.get("hostname"):
        raise InputError(
            "--hostname: expected the name that clients use, as registry.acme.example, got nothing"
        )
    found = {key: value for key, value in found.items() if value is not None}
    for key, check in _CHECKS.items():
        if key in found:
            found[key] = check(found[key])
    return starting.Answers(**found)


def vault() -> Path | None:
    """Return the file with the password of the vault; None for an inventory without one."""
    text = "File for the password of a vault of secrets, outside of the inventory, or nothing"
    given = click.prompt(text, default="", show_default=False)
    return Path(given).expanduser() if given else None


def connect(found: Answers) -> None:
    """Offer to learn the host's key and to test the login."""
    from holdfast.starting import connection  # noqa: PLC0415 -- for a terminal alone

    question = f"Connect to {found.address} by ssh now, to learn its key and test the login?"
    if click.confirm(question, default=True):
        click.echo(connection.tested(found))


def _ask(found: dict[str, Any]) -> None:
    """Complete the answers, in place."""
    _one(found, "hostname", "Name that clients use, as registry.acme.example")
    _one(found, "host", "Address of the host for ssh", default=found["hostname"])
    _one(found, "ssh_user", "User for ssh, root or one who may use sudo", default="root")
    click.echo(
        "TLS: private (an authority of your own), acme (Let's Encrypt), own (a certificate that"
        " you have), external (your load balancer)"
    )
    choice = click.Choice(["private", "acme", "own", "external"])
    found["tls"] = found["tls"] or click.prompt("TLS", default="private", type=choice)
    if found["tls"] == "acme" and not found["accept_terms"]:
        found["accept_terms"] = click.confirm(_TERMS)
    if found["tls"] == "own":
        _one(found, "certificate", "File with the certificate, in PEM")
        _one(found, "key", "File with its key")
        found["ca"] = found["ca"] or click.prompt(_ROOT, default="", show_default=False) or None
    if found["tls"] == "external" and not found["load_balancers"]:
        found["load_balancers"] = (click.prompt("Address of the load balancer, or its network"),)
    _one(found, "user", "First user of the registry", default="admin")
    if found["host"] == found["hostname"]:
        found["host"] = None


def _one(found: dict[str, Any], key: str, text: str, default: str | None = None) -> None:
    if found[key]:
        return
    check = _CHECKS.get(key, str)

    def value_of(given: str) -> str:
        try:
            return check(given)
        except InputError as error:
            raise click.UsageError(str(error)) from None

    found[key] = click.prompt(text, default=default, value_proc=value_of)


def hostname_of(given: str) -> str:
    """Return a host name in small letters. Raises InputError for an invalid one."""
    from holdfast.settings import types as t  # noqa: PLC0415 -- slow to import
    from holdfast.users.rules import check_value  # noqa: PLC0415

    return str(check_value(t.Hostname, given, "--hostname"))


def _user(given: str) -> str:
    from holdfast.settings import types as t  # noqa: PLC0415 -- slow to import
    from holdfast.users.rules import check_value  # noqa: PLC0415

    return str(check_value(t.UserName, given, "--user"))


_CHECKS: dict[str, Callable[[str], str]] = {"hostname": hostname_of, "user": _user}
