"""Tokens that a registry accepts, in terms of its configuration."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.settings import Settings


@dataclass(frozen=True)
class Trust:
    """The section `auth.token`, and the location of its keys."""

    realm: str
    """URL at which clients fetch tokens."""
    service: str
    """Name of the registry in tokens (audience)."""
    issuer: str
    """Issuer name in tokens."""
    algorithms: tuple[str, ...]
    """Accepted signature algorithms; only 3.x supports restricting them."""
    folder: str
    """Folder of the keys on the host, below /etc/holdfast, with `%i` for the generation: jwks.json
    for 3.x, or bundle.pem for 2.8. The registry sees it as Layout.trust."""
    autoredirect: bool = False
    """True if clients are sent to the registry's own name instead of the realm."""
    autoredirect_path: str | None = None
    """Path there; None: the registry's default."""
    chains: bool = False
    """True if 3.x also uses bundle.pem, to accept tokens whose certificate chain leads to it."""

    own_url: str = ""
    """URL of the registry, to which `autoredirect` sends clients."""

    @property
    def token_url(self) -> str:
        """URL that the registry gives to clients for fetching tokens."""
        if not self.autoredirect:
            return self.realm
        return self.own_url + (self.autoredirect_path or "/auth/token")


def token_trust(settings: Settings) -> Trust | None:
    """Return the trusted tokens; None if the registry itself needs no login."""
    own, external = settings.auth.token, settings.auth.external_token
    if own:
        return Trust(
            realm=f"{settings.url}/auth/token",
            service=own.service or settings.hostname,
            issuer=own.issuer,
            algorithms=("ES256",),
            folder="keys/%i/trust",
            own_url=settings.url,
            # Each name has its own /auth/token: clients may not know the other names.
            autoredirect=bool(settings.aliases),
        )
    if external:
        return Trust(
            realm=external.realm,
            service=external.service or settings.hostname,
            issuer=external.issuer,
            algorithms=external.algorithms,
            folder="generations/%i/trust",
            own_url=settings.url,
            autoredirect=external.autoredirect,
            autoredirect_path=external.autoredirect_path,
            chains=any(key.certificate for key in external.trusted),
        )
    return None


def trusted_keys(settings: Settings) -> dict[str, str]:
    """Return the keys of an external issuer, by path in a generation."""
    auth = settings.auth.external_token
    if auth is None:
        return {}
    from holdfast import jwks  # noqa: PLC0415 -- slow to import, and for this mode alone

    if settings.version.startswith("2."):
        return {"trust/bundle.pem": jwks.bundle(auth.trusted)}
    certified = [key for key in auth.trusted if key.certificate]
    bundle = {"trust/bundle.pem": jwks.bundle(certified)} if certified else {}
    return {"trust/jwks.json": jwks.jwks(auth.trusted), **bundle}
