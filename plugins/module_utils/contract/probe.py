"""Define the types of what a client needs to reach the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class MirrorProbe(TypedDict):
    """One mirror, as a client reaches it."""

    service: str
    host: str
    path: str
    open: bool
    """True if it asks for no login."""


class Probe(TypedDict):
    """Address and expected answer for a client without a login."""

    host: str
    port: int
    address: str
    scheme: str
    """http or https."""
    certificates: str
    """`registry_mtls_verify`: whether clients need a certificate."""
    login: bool
    """True if clients need a login."""
    realm: str | None
    """Address that gives tokens; None if no tokens are used."""
    elsewhere: bool
    """True if the issuer of tokens is another machine's."""
    names: list[str]
    """All host names of the registry and its mirrors."""
    pushes: bool
    """False if there are only mirrors."""
    mirrors: list[MirrorProbe]
    writes: bool
    """False while the registry is read-only."""


class UserProbe(Probe):
    """Order of a probe: also the user that logs in, if one is known."""

    username: str | None


class ClientProbe(UserProbe, total=False):
    """Probe with the secrets of the client that runs it."""

    password: str | None
    client_pair: Sequence[str] | None
    """Certificate and key of a client, as PEM."""
    login_line: str | None
    """Line of the user in the file of password hashes."""
