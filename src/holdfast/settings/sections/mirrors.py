"""Pull-through mirrors beside the registry, which fetch images from other registries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.sections.upstream import Upstream
from holdfast.settings.types import Expect


class Mirror(Upstream):
    """One of several mirrors: a process of its own behind the same proxy."""

    name: t.MirrorName
    """Name of the mirror. Its images are at `registry.example.com/NAME/library/debian`, unless it
    has a host name of its own."""
    url: t.RegistryAddress
    """URL of the mirrored registry; https://registry-1.docker.io for docker.io."""
    hostname: t.Hostname | None = None
    """Host name of the mirror, for clients that do not support a path in a mirror's address. It is
    added to the certificate."""
    anonymous: bool = False
    """Allow pulls without a login. Docker sends no login to a mirror."""
    directory: t.AbsolutePath | None = None
    """Directory of the mirrored images; the default is `/srv/registry-mirrors/NAME`."""
    memory_mib: Annotated[int, Field(ge=128, le=1048576), Expect("MiB from 128 to 1048576")] = 512
    """Memory limit of the mirror in MiB; it is restarted when it exceeds it."""

    @property
    def service(self) -> str:
        """Name of the mirror's service."""
        return f"mirror-{self.name}"

    @property
    def folder(self) -> str:
        """Folder of the mirror's files in a generation."""
        return f"mirrors/{self.name}"

    @property
    def place(self) -> str:
        """Directory of the mirrored images."""
        return self.directory or f"/srv/registry-mirrors/{self.name}"


Mirrors = Annotated[tuple[Mirror, ...], Field(strict=False), Expect("a list of mirrors")]


def hidden_pattern(mirror: Mirror, patterns: Iterable[str], users: Collection[str]) -> str | None:
    """Return the first pattern of repositories that a mirror at a path would hide; None if none.

    `users` are the names that `{user}` can stand for.
    """
    if mirror.hostname:
        return None
    firsts = {mirror.name, *(["{user}"] if mirror.name in users else [])}
    return next((one for one in patterns if one.partition("/")[0] in firsts), None)
