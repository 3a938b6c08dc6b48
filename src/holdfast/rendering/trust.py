"""Whose tokens a registry takes, in words of its own configuration."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.settings import Settings
from holdfast.settings.auth import ExternalToken, Token


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
    autoredirect: bool = False
    """Whether clients are sent to the registry's own name instead of the realm."""
    autoredirect_path: str | None = None
    """Path there; None: the registry's own default."""
    chains: bool = False
    """Whether bundle.pem is for 3.x, too: tokens that carry certificates are good if one in it
    vouches for them."""

    own_url: str = ""
    """Address of the registry, where `autoredirect` sends clients on."""

    @property
    def told(self) -> str:
        """The address at which clients are told to get tokens."""
        if not self.autoredirect:
            return self.realm
        return self.own_url + (self.autoredirect_path or "/auth/token")


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
    if isinstance(auth, ExternalToken):
        return Trust(
            realm=auth.realm,
            service=auth.service or settings.hostname,
            issuer=auth.issuer,
            algorithms=auth.algorithms,
            folder="generations/%i/trust",
            own_url=settings.url,
            autoredirect=auth.autoredirect,
            autoredirect_path=auth.autoredirect_path,
            chains=any(key.certificate for key in auth.trusted),
        )
    return None


def files(settings: Settings) -> dict[str, str]:
    """Return the keys of an issuer that is not ours, by their paths in a generation."""
    auth = settings.auth
    if not isinstance(auth, ExternalToken):
        return {}
    from holdfast import trust  # noqa: PLC0415 -- slow to import, and for this mode alone

    if settings.version.startswith("2."):
        return {"trust/bundle.pem": trust.bundle(auth.trusted)}
    certified = [key for key in auth.trusted if key.certificate]
    bundle = {"trust/bundle.pem": trust.bundle(certified)} if certified else {}
    return {"trust/jwks.json": trust.jwks(auth.trusted), **bundle}
