"""A cache in the registry's own process, or none."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from holdfast.settings.sections.cache.base import CacheMode
from holdfast.settings.types import Expect


class MemoryCache(CacheMode):
    """Cache in the registry's memory; each generation starts with an empty one."""

    mode: Literal["memory"]
    size: Annotated[int, Field(ge=1), Expect("a number of blobs, 1 or more")] | None = None
    """Maximum number of cached blobs with registry 3.x; the default is the registry's own,
    10000."""

    def beyond(self, version: str) -> list[str]:
        """Return the keys that a version of the registry does not support."""
        return ["size"] if self.size is not None and version.startswith("2.") else []

    @property
    def descriptors(self) -> dict[str, Any]:
        """The section `storage.cache` of the registry's configuration."""
        size = {} if self.size is None else {"blobdescriptorsize": self.size}
        return {"blobdescriptor": "inmemory", **size}


class NoCache(CacheMode):
    """No cache: each lookup of a blob goes to the storage."""

    mode: Literal["none"]
