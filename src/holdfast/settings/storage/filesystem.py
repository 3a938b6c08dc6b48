"""Images in a directory of the host."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Filesystem(Section):
    """Images in a directory of the host."""

    driver: Literal["filesystem"]
    directory: t.AbsolutePath = "/srv/registry"
    """Directory of the images; only the registry's user can read it."""
    delete: bool = False
    """Whether clients may delete manifests and blobs."""
    minimum_free_percent: Annotated[int, Field(ge=0, le=90), Expect("percent from 0 to 90")] = 5
    """A deploy is refused when less of the file system than this is free."""
    purge_hours: Annotated[int, Field(ge=1, le=8760), Expect("hours from 1 to 8760")] = 168
    """Uploads that were begun and not finished for this long are removed."""
