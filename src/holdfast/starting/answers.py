"""The answers from which a new inventory is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.errors import InputError

TLS = {"private": "private_ca", "acme": "acme", "own": "own", "external": "external"}
"""Values of registry_tls_mode, by the words of the command line."""

_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]*")
_SSH_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Answers:
    """Answers of the terminal or of the command line."""

    hostname: str
    host: str | None = None
    """Address for ssh; None if it is the host name."""
    ssh_user: str | None = None
    tls: str = "private"
    user: str = "admin"
    mirror: bool = False
    """Add a mirror of Docker Hub."""
    token: bool = False
    """Give rights by repository, with tokens."""
    accept_terms: bool = False
    email: str | None = None
    certificate: str | None = None
    key: str | None = None
    ca: str | None = None
    """Root of the own certificate, for clients that do not know it."""
    load_balancers: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Address for ssh."""
        return self.host or self.hostname

    def __post_init__(self) -> None:
        """Refuse an address or a user that ssh could take for an option."""
        _matches(_HOST, self.host, "--host", "a name or an address for ssh")
        _matches(_SSH_USER, self.ssh_user, "--ssh-user", "the name of a user on the host")

    def tls_variables(self) -> dict[str, Any]:
        """Return the settings of TLS. Raises InputError if one that the mode needs is missing."""
        mode = {"registry_tls_mode": TLS[self.tls]}
        if self.tls == "acme":
            if not self.accept_terms:
                raise InputError(
                    "--accept-terms: expected with --tls acme. Read the terms of service of"
                    " https://letsencrypt.org/repository, then give it"
                )
            email = {"registry_tls_email": self.email} if self.email else {}
            return {**mode, "registry_tls_accept_terms": True, **email}
        if self.tls == "own":
            pair = _path(self.certificate, "--certificate"), _path(self.key, "--key")
            ca = {"registry_tls_ca": _path(self.ca, "--ca")} if self.ca else {}
            return {**mode, "registry_tls_certificate": pair[0], "registry_tls_key": pair[1], **ca}
        return {**mode, **(self._external() if self.tls == "external" else {})}

    def _external(self) -> dict[str, Any]:
        if not self.load_balancers:
            raise InputError(
                "--load-balancer: expected with --tls external, with the address from which your"
                " load balancer connects, as 10.0.0.5 or 10.0.0.0/28"
            )
        here = set(self.load_balancers) <= {"127.0.0.1"}
        listen = {} if here else {"registry_tls_plain_addresses": ["0.0.0.0"]}  # noqa: S104
        return {"registry_tls_trusted_proxies": list(self.load_balancers), **listen}


def _matches(pattern: re.Pattern[str], given: str | None, flag: str, what: str) -> None:
    if given is not None and not pattern.fullmatch(given):
        raise InputError(f"{flag}: expected {what}, got {given!r}")


def _path(given: str | None, flag: str) -> str:
    if not given:
        raise InputError(f"{flag}: expected with --tls own: a PEM file here, or host:/path there")
    return given if given.startswith("host:/") else str(Path(given).expanduser().absolute())
