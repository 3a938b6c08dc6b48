"""A cache of one's own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

Milliseconds = Annotated[int, Field(ge=10, le=60000), Expect("milliseconds from 10 to 60000")]
ONLY_3 = (
    *("username", "tls", "ca", "certificate", "key"),
    *("master_name", "sentinel_username", "sentinel_password"),
)
"""What registry 2.8 does not know."""


class ExternalCache(Section):
    """Valkey or Redis of your own: one server, or with registry 3.x a cluster or sentinels."""

    mode: Literal["external"]
    addresses: Annotated[
        tuple[t.HostAndPort, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses with ports", 'e.g. ["cache.example.com:6379"]'),
    ]
    """The server; several are nodes of one cluster, or with `master_name` its sentinels."""
    username: t.PlainName | None = None
    """User to log in as (an ACL of Redis 6 or newer)."""
    password: t.PlainSecret | None = None
    """Password; belongs in a vault."""
    db: Annotated[int, Field(ge=0, le=1000000), Expect("a number, 0 or more")] = 0
    """Number of the database; a cluster has 0 alone."""
    tls: bool = False
    """Whether the registry speaks TLS with the cache."""
    ca: t.PemText | None = None
    """Roots behind the cache's certificate, when they are not in the system's store."""
    certificate: t.PemText | None = None
    """Certificate that the registry shows to the cache."""
    key: t.SecretPem | None = None
    """Private key of that certificate; belongs in a vault."""
    master_name: t.PlainName | None = None
    """Name under which sentinels know the server."""
    sentinel_username: t.PlainName | None = None
    """User to log in to the sentinels as."""
    sentinel_password: t.PlainSecret | None = None
    """Password of the sentinels; belongs in a vault."""
    connect_milliseconds: Milliseconds = 1000
    """Longest wait for a connection; with a dead cache each request can take that longer."""
    answer_milliseconds: Milliseconds = 500
    """Longest wait for an answer."""
    pool_size: Annotated[int, Field(ge=1, le=10000), Expect("connections from 1 to 10000")] = 32
    """Connections at once, at most."""
    idle_seconds: Annotated[int, Field(ge=1, le=86400), Expect("seconds from 1 to 86400")] = 300
    """Connections that were not used for this long are closed."""

    @model_validator(mode="after")
    def _together(self) -> ExternalCache:
        for key, needed in self._needs():
            if getattr(self, needed) in (None, False):
                raise PydanticCustomError(
                    "holdfast_cache_needs",
                    "{key}|to be given together with registry_cache_{needed}|Give both, or none",
                    {"key": key, "needed": needed},
                )
        if self.db and len(self.addresses) > 1 and not self.master_name:
            raise PydanticCustomError(
                "holdfast_cache_cluster",
                "db|0, for several addresses are nodes of a cluster, which has no other"
                "|Remove it, or name the sentinels' server: registry_cache_master_name",
                {"given": str(self.db)},
            )
        return self

    def _needs(self) -> list[tuple[str, str]]:
        """Return (key, key that it needs) of the keys that are given."""
        pairs = [
            *(("username", "password"), ("ca", "tls"), ("certificate", "tls")),
            *(("certificate", "key"), ("key", "certificate")),
            *(("sentinel_username", "sentinel_password"), ("sentinel_password", "master_name")),
        ]
        return [pair for pair in pairs if getattr(self, pair[0]) is not None]

    def beyond(self, version: str) -> list[str]:
        """Return the keys that a version of the registry cannot do."""
        if not version.startswith("2."):
            return []
        several = ["addresses"] if len(self.addresses) > 1 else []
        return several + [key for key in ONLY_3 if getattr(self, key) not in (None, False)]
