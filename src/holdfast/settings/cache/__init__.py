"""The section on the cache: where the registry remembers which blobs there are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.cache.external import ExternalCache
from holdfast.settings.cache.local import LocalCache
from holdfast.settings.cache.process import MemoryCache, NoCache

__all__ = ["Cache", "ExternalCache", "LocalCache", "MemoryCache", "NoCache"]

Cache = Annotated[MemoryCache | LocalCache | ExternalCache | NoCache, Field(discriminator="mode")]
