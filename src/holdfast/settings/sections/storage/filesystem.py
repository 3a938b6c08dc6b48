"""Images in a directory of the host."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.sections.storage.base import Stored
from holdfast.settings.types import Expect


class Filesystem(Stored):
    """Images in a directory of the host."""

    driver: Literal["filesystem"]
    directory: t.AbsolutePath = "/srv/registry"
    """Directory of the images; only the registry's user can read it."""
    mount: bool = False
    """Require that the directory is a mount point. The registry does not start if it is not
    mounted, so that the system's disk does not fill up."""
    minimum_free_percent: Annotated[int, Field(ge=0, le=90), Expect("percent from 0 to 90")] = 5
    """Minimum free space and free inodes of the file system, in percent. A deploy is refused below
    it, and the host warns."""

    @property
    def filesystem(self) -> Filesystem:
        """These settings."""
        return self

    @property
    def place(self) -> str:
        """Directory of the images."""
        return self.directory

    def parameters(self, version: str) -> dict[str, Any]:
        """Return the driver\'s keys, the same for every version of the registry."""
        del version
        return {"rootdirectory": self.directory, "maxthreads": 100}
