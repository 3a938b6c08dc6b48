"""A host to verify: its settings, and its access from inside and outside."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from holdfast.errors import InputError
from holdfast.settings import Settings


@dataclass(frozen=True)
class Login:
    """A user whose password is known."""

    username: str
    password: SecretStr
    temporary: bool = False
    """True for a user of this run, who has no rules and is not remembered."""


@dataclass(frozen=True)
class Connection:
    """Access for commands on the host: as root, or through sudo."""

    spec: str
    """Host specification of testinfra: `ssh://user@address:port` or `local://`."""
    key_file: str | None = None
    ssh_args: str = "-o BatchMode=yes"
    """Arguments of ssh, quoted for a shell."""
    sudo_password: SecretStr | None = None

    @classmethod
    def from_variables(cls, name: str, variables: Mapping[str, Any]) -> Connection:
        """Return the connection that Ansible's variables of a host describe.

        Raises InputError for other kinds of connection, and for ssh passwords.
        """
        sudo = _first(variables, "become_password", "become_pass")
        sudo_password = SecretStr(str(sudo)) if sudo else None
        kind = variables.get("ansible_connection", "ssh")
        if kind == "local":
            return cls("local://", sudo_password=sudo_password)
        if kind not in ("ssh", "smart", "ansible.builtin.ssh"):
            raise InputError(
                f"{name}: ansible_connection: expected ssh or local, got {kind}."
                " Reach the host by ssh, or verify it from outside only"
            )
        if _first(variables, "password", "pass"):
            raise InputError(
                f"{name}: ansible_password: expected a key for ssh, got a password."
                " Set ansible_ssh_private_key_file, or verify the host from outside only"
            )
        key_file = _first(variables, "private_key_file")
        return cls(
            _spec(name, variables),
            str(Path(key_file).expanduser()) if key_file else None,
            _args(variables),
            sudo_password,
        )


@dataclass(frozen=True)
class Target:
    """One host to verify."""

    name: str
    """Name in the inventory."""
    settings: Settings
    connection: Connection | None = None
    """None: the host is verified from outside only."""
    address: str | None = None
    """Address to connect to from outside, if it is not the one in DNS."""
    cafile: Path | None = None
    """The only CA certificate to trust; None: the system's."""
    pair: tuple[Path, Path] | None = None
    """Files of a client certificate and its key, for a registry that requires one."""
    login: Login | None = None
    """User that pushes and pulls; None: the first user in the settings with a known password."""

    issuer_ca: str = ""
    """PEM of the authority of an issuer of tokens on another server."""

    @property
    def user(self) -> Login | None:
        """The user that pushes and pulls; None if no password is known."""
        known = self.settings.probe_user
        if self.login or known is None or known.password is None:
            return self.login
        return Login(known.name, known.password)


def _spec(name: str, variables: Mapping[str, Any]) -> str:
    host = str(_first(variables, "host") or name)
    user, port = _first(variables, "user"), _first(variables, "port")
    authority = f"[{host}]" if ":" in host else host
    return f"ssh://{quote(str(user)) + '@' if user else ''}{authority}{f':{port}' if port else ''}"


def _args(variables: Mapping[str, Any]) -> str:
    given = [variables.get(f"ansible_ssh_{which}_args") for which in ("common", "extra")]
    checking = _first(variables, "host_key_checking")
    if checking is None:
        checking = os.environ.get("ANSIBLE_HOST_KEY_CHECKING", "true")
    if str(checking).lower() in ("false", "no", "0"):
        given.append("-o StrictHostKeyChecking=no")
    return " ".join(["-o BatchMode=yes", *filter(None, given)])


def _first(variables: Mapping[str, Any], *names: str) -> Any:
    """Return a connection variable by any of Ansible's names for it."""
    known = (f"{prefix}_{name}" for name in names for prefix in ("ansible", "ansible_ssh"))
    return next((found for name in known if (found := variables.get(name)) not in (None, "")), None)
