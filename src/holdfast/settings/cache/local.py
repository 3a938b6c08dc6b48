"""A cache on the host, in a unit of our own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class LocalCache(Section):
    """Valkey (Redis on Debian 12) on the host, for the registry alone; deploys keep it warm."""

    mode: Literal["local"]
    memory_mib: Annotated[int, Field(ge=8, le=65536), Expect("MiB from 8 to 65536")] = 64
    """Memory for what is remembered, 300 bytes a blob and repository or so; then the oldest go."""
    port: t.Port | None = None
    """Port on loopback for registry 2.8, which cannot use a unix socket: 6379 when not given."""

    def beyond(self, version: str) -> list[str]:
        """Return the keys that a version of the registry has no use for."""
        return ["port"] if self.port is not None and not version.startswith("2.") else []
