"""Make targets of hosts as Ansible resolves them, for the command and for the playbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from holdfast.certificates import ca_file, pem_source, probe_pair
from holdfast.errors import InputError
from holdfast.settings import Settings
from holdfast.verification.target import Connection, Login, Target

Host = tuple[str, Settings, Mapping[str, Any]]
"""Name, settings, and the variables of its connection, with `inventory_dir`."""


@dataclass(frozen=True)
class View:
    """The side from which hosts are looked at."""

    outside: bool = False
    """True to connect by no ssh."""
    by_address: bool = False
    """True to connect to ansible_host, not to the address of the registry's name."""
    ca: Path | None = None
    """Authority to trust instead of the inventory's."""
    login: Login | None = None
    """User who pushes and pulls, instead of one of the settings."""

    def extent(self, profile: str, only: Iterable[str]) -> str:
        """Return what a run checks, and from where, for its report."""
        controls = f"only {', '.join(only)}" if only else f"profile {profile}"
        side = "from outside only" if self.outside else "from inside and outside"
        return f"{controls}, {side}{', by address' if self.by_address else ''}"


def targets(hosts: Iterable[Host], view: View, folder: Path) -> list[Target]:
    """Return the targets; certificates of this run's client go to `folder`. Raises InputError."""
    return [_target(host, view, folder) for host in hosts]


def _target(host: Host, view: View, folder: Path) -> Target:
    name, settings, connection = host
    inventory = Path(connection.get("inventory_dir") or ".")
    address = connection.get("ansible_host", name) if view.by_address else None
    return Target(
        name,
        settings,
        None if view.outside else Connection.from_variables(name, connection),
        str(address) if address else None,
        view.ca or _existing(ca_file(settings, inventory)),
        _pair(name, probe_pair(settings, inventory, datetime.now(UTC)), folder),
        view.login,
        _issuer_ca(settings, inventory),
    )


def login_of(name: str, known: Iterable[Settings], password: Callable[[], str]) -> Login:
    """Return a user of all hosts; `password` is called if no settings have it. Raises InputError.

    A user of an LDAP directory, or of an issuer elsewhere, need not be in the settings.
    """
    hosts = list(known)
    for settings in hosts:
        auth = settings.auth
        mine = {user.name for user in settings.users}
        mine |= {robot.name for robot in auth.token.robots} if auth.token else set()
        if auth.checks_passwords and not auth.asks_directory and name not in mine:
            raise InputError(
                f'--user {name}: expected a user of {settings.hostname}, got "{name}".'
                f" There are: {', '.join(sorted(mine)[:8]) or 'none'}"
            )
    users = (user for settings in hosts for user in settings.users if user.name == name)
    secret = next((user.password for user in users if user.password), None)
    return Login(name, secret or SecretStr(password()))


def _pair(name: str, texts: tuple[str, str] | None, folder: Path) -> tuple[Path, Path] | None:
    """Write a client's certificate and key, if the host requires one of our authority."""
    if texts is None:
        return None
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    for path, text in zip(paths, texts, strict=True):
        path.touch(0o600)
        path.write_text(text)
    return paths


def _issuer_ca(settings: Settings, inventory: Path) -> str:
    external = settings.auth.external_token
    given = external.keys_ca if external else None
    return pem_source.read(given, inventory, "registry_auth_keys_ca") if given else ""


def _existing(path: Path | None) -> Path | None:
    if path and not path.exists():
        raise InputError(
            f"{path}: expected the authority's certificate. Deploy first, or give --ca"
        )
    return path
