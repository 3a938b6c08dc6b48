"""Whose tokens a registry takes, in words of its own configuration."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.settings import Settings
from holdfast.settings.auth import Token


@dataclass(frozen=True)
class Trust:
    """The section `auth.token`, and where its keys are."""

    realm: str
    """Address where clients fetch tokens."""
    service: str
    """Name of the registry in tokens: their audience."""
    issuer: str
    """Name of who issued them."""
    algorithms: tuple[str, ...]
    """Signatures that are taken; only 3.x can be told."""
    folder: str
    """Folder on the host, below /etc/holdfast, in which `%i` is the generation: it has jwks.json
    for 3.x, or bundle.pem for 2.8, and the registry sees it as Layout.trust."""


def token_trust(settings: Settings) -> Trust | None:
    """Return whose tokens are taken; None where the registry itself asks for no login."""
    auth = settings.auth
    if isinstance(auth, Token):
        return Trust(
            realm=f"{settings.url}/auth/token",
            service=auth.service or settings.hostname,
            issuer=auth.issuer,
            algorithms=("ES256",),
            folder="keys/%i/trust",
        )
    return None
