"""The settings of one host, whole."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.sections import (
    Auth,
    Distribution,
    Http,
    Log,
    Package,
    Proxy,
    Section,
    Service,
    Storage,
    Tls,
    User,
)

Platform = Literal["debian13", "debian12"]

PACKAGED_VERSIONS: dict[Platform, str] = {"debian13": "2.8.3", "debian12": "2.8.2"}
"""Version of the package `docker-registry` by platform. Source: packages.debian.org."""


class Settings(Section):
    """Everything that a generation is made of. Frozen; made by `holdfast.settings.parse` alone."""

    hostname: t.Hostname
    """Name under which clients reach the registry; the certificate is for this name."""
    platform: Platform = "debian13"
    """Operating system of the host; a deploy checks it."""
    distribution: Distribution
    """How the registry's binary is obtained."""
    tls: Tls
    """Where the certificate comes from."""
    auth: Auth
    """Who may log in."""
    storage: Storage
    """Where images are kept."""
    proxy: Proxy = Field(default_factory=Proxy)
    """nginx in front of the registry."""
    http: Http = Field(default_factory=Http)
    """The registry's own HTTP server."""
    log: Log = Field(default_factory=Log)
    """The registry's log."""
    service: Service = Field(default_factory=Service)
    """Bounds of the registry's unit."""

    @property
    def version(self) -> str:
        """Version of CNCF Distribution that this host runs."""
        if isinstance(self.distribution, Package):
            return PACKAGED_VERSIONS[self.platform]
        return self.distribution.version

    @property
    def authority(self) -> str:
        """Host name with the port when it is not 443: what clients write before the repository."""
        return self.hostname if self.proxy.port == 443 else f"{self.hostname}:{self.proxy.port}"

    @property
    def url(self) -> str:
        """Public address of the registry."""
        return f"https://{self.authority}"

    @property
    def probe_user(self) -> User | None:
        """User whose password is known here, with which pushes can be proven."""
        return next((user for user in self.auth.users if user.password is not None), None)
