"""A cache server on the host."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.sections.cache.base import CacheMode
from holdfast.settings.types import Expect

PORT = 6379


class LocalCache(CacheMode):
    """Valkey (Redis on Debian 12) on the host, for this registry only. Its content survives
    deploys."""

    mode: Literal["local"]
    memory_mib: Annotated[int, Field(ge=8, le=65536), Expect("MiB from 8 to 65536")] = 64
    """Memory of the cache in MiB; an entry takes about 300 bytes for each blob and repository. When
    it is full, the least recently used entries are removed."""
    port: t.Port | None = None
    """Loopback port for registry 2.8, which cannot use a unix socket; the default is 6379."""

    def beyond(self, version: str) -> list[str]:
        """Return the keys that a version of the registry does not use."""
        return ["port"] if self.port is not None and not version.startswith("2.") else []

    @property
    def local(self) -> LocalCache:
        """These settings."""
        return self

    def port_for(self, version: str) -> int:
        """Return the loopback port for a version of the registry; 0 for a unix socket."""
        return (self.port or PORT) if version.startswith("2.") else 0
