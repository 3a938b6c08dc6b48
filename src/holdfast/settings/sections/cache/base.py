"""Interface of all cache modes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.settings.section import Section

if TYPE_CHECKING:
    from holdfast.settings.sections.cache.external import ExternalCache
    from holdfast.settings.sections.cache.local import LocalCache


class CacheMode(Section):
    """Base of the cache modes. The registry caches blob descriptors."""

    def beyond(self, version: str) -> list[str]:
        """Return the keys that a version of the registry does not support."""
        del version
        return []

    def port_for(self, version: str) -> int:
        """Return the loopback port that a version of the registry needs; 0 if it needs none."""
        del version
        return 0

    @property
    def descriptors(self) -> dict[str, Any]:
        """The section `storage.cache` of the registry's configuration; empty: no cache."""
        return {"blobdescriptor": "redis"} if self.is_server else {}

    @property
    def is_server(self) -> bool:
        """True if the cache is a server, which outlives the registry's process."""
        return self.local is not None or self.external is not None

    @property
    def asks_others(self) -> bool:
        """True if the registry connects to another machine for the cache."""
        return self.external is not None

    @property
    def local(self) -> LocalCache | None:
        """Settings of the host's own cache server; None in other modes."""
        return None

    @property
    def external(self) -> ExternalCache | None:
        """Settings of an external cache server; None in other modes."""
        return None
