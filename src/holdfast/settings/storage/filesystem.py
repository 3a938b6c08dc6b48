"""Images in a directory of the host."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.storage.base import Stored
from holdfast.settings.types import Expect


class Filesystem(Stored):
    """Images in a directory of the host."""

    driver: Literal["filesystem"]
    directory: t.AbsolutePath = "/srv/registry"
    """Directory of the images; only the registry's user can read it."""
    mount: bool = False
    """Whether the directory is a mount of its own: without it the registry does not start, rather
    than fill the system's disk."""
    minimum_free_percent: Annotated[int, Field(ge=0, le=90), Expect("percent from 0 to 90")] = 5
    """A deploy is refused when less of the file system, or of its inodes, than this is free; the
    host warns below it."""

    @property
    def place(self) -> str:
        """Where images are."""
        return self.directory

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys of the driver."""
        return {"rootdirectory": self.directory, "maxthreads": 100}
