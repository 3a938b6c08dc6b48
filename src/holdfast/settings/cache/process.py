"""A cache in the registry's own process, or none."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class MemoryCache(Section):
    """In the memory of the registry: each generation begins with an empty one."""

    mode: Literal["memory"]
    size: Annotated[int, Field(ge=1), Expect("a number of blobs, 1 or more")] | None = None
    """Blobs that are remembered, with registry 3.x; without it the registry's own 10000."""

    def beyond(self, version: str) -> list[str]:
        """Return the keys that a version of the registry cannot do."""
        return ["size"] if self.size is not None and version.startswith("2.") else []


class NoCache(Section):
    """None: each question about a blob goes to the storage."""

    mode: Literal["none"]

    def beyond(self, version: str) -> list[str]:
        """Return the keys that a version of the registry cannot do."""
        del version
        return []
