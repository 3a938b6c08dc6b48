"""The section `registry_cache_*`: the cache of blob descriptors."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.sections.cache.external import ExternalCache
from holdfast.settings.sections.cache.local import LocalCache
from holdfast.settings.sections.cache.process import MemoryCache, NoCache

__all__ = ["Cache", "ExternalCache", "LocalCache", "MemoryCache", "NoCache"]

Cache = Annotated[MemoryCache | LocalCache | ExternalCache | NoCache, Field(discriminator="mode")]
