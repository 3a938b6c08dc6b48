"""An external cache server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.sections.cache.base import CacheMode
from holdfast.settings.types import Expect

Milliseconds = Annotated[int, Field(ge=10, le=60000), Expect("milliseconds from 10 to 60000")]
ONLY_3 = (
    *("username", "tls", "ca", "certificate", "key"),
    *("master_name", "sentinel_username", "sentinel_password"),
)
"""Keys that registry 2.8 does not support."""


class ExternalCache(CacheMode):
    """External Valkey or Redis: one server, or with registry 3.x a cluster or sentinels."""

    mode: Literal["external"]
    addresses: Annotated[
        tuple[t.HostAndPort, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses with ports", 'e.g. ["cache.example.com:6379"]'),
    ]
    """Addresses of the server. Several are the nodes of a cluster, or with
    `registry_cache_master_name` the sentinels."""
    username: t.PlainName | None = None
    """User of the cache (ACL, Redis 6 or newer)."""
    password: t.PlainSecret | None = None
    """Password of the cache; belongs in a vault."""
    db: Annotated[int, Field(ge=0, le=1000000), Expect("a number, 0 or more")] = 0
    """Number of the database; a cluster has only 0."""
    tls: bool = False
    """Use TLS to the cache."""
    ca: t.PemText | None = None
    """CA certificates for the cache, if they are not in the system's store."""
    certificate: t.PemText | None = None
    """Client certificate for the cache."""
    key: t.SecretPem | None = None
    """Private key of the client certificate; belongs in a vault."""
    master_name: t.PlainName | None = None
    """Name of the server in the sentinels' configuration."""
    sentinel_username: t.PlainName | None = None
    """User of the sentinels."""
    sentinel_password: t.PlainSecret | None = None
    """Password of the sentinels; belongs in a vault."""
    connect_milliseconds: Milliseconds = 1000
    """Timeout for a connection, in milliseconds. If the cache is down, each request can take that
    much longer."""
    answer_milliseconds: Milliseconds = 500
    """Timeout for an answer, in milliseconds."""
    pool_size: Annotated[int, Field(ge=1, le=10000), Expect("connections from 1 to 10000")] = 32
    """Maximum number of open connections."""
    idle_seconds: Annotated[int, Field(ge=1, le=86400), Expect("seconds from 1 to 86400")] = 300
    """Seconds after which an idle connection is closed."""

    @model_validator(mode="after")
    def _together(self) -> ExternalCache:
        for key, needed in self._needs():
            if getattr(self, needed) in (None, False):
                raise refusal(
                    key, f"to be given together with registry_cache_{needed}", "Give both, or none"
                )
        if self.db and len(self.addresses) > 1 and not self.master_name:
            raise refusal(
                "db",
                "0, for several addresses are nodes of a cluster, which has no other",
                "Remove it, or name the sentinels' server: registry_cache_master_name",
                given=str(self.db),
            )
        return self

    def _needs(self) -> list[tuple[str, str]]:
        """Return (key, key that it requires) of each given key."""
        pairs = [
            *(("username", "password"), ("ca", "tls"), ("certificate", "tls")),
            *(("certificate", "key"), ("key", "certificate")),
            *(("sentinel_username", "sentinel_password"), ("sentinel_password", "master_name")),
        ]
        return [pair for pair in pairs if getattr(self, pair[0]) is not None]

    @property
    def external(self) -> ExternalCache:
        """These settings."""
        return self

    def beyond(self, version: str) -> list[str]:
        """Return the keys that a version of the registry does not support."""
        if not version.startswith("2."):
            return []
        several = ["addresses"] if len(self.addresses) > 1 else []
        return several + [key for key in ONLY_3 if getattr(self, key) not in (None, False)]
