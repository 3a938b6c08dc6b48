"""Pull-through mirrors: registries that fetch from another one what they are asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Upstream(Section):
    """The registry that this one mirrors; without an address it is one to push to."""

    url: t.RegistryAddress | None = None
    """Address of another registry: this one is then nothing but its pull-through mirror. Several
    mirrors, or some beside a registry to push to: `registry_mirrors`."""
    username: t.UpstreamUser | None = None
    """Name of a user of the upstream, who sees all that this mirror then shows to its own."""
    password: t.UpstreamPassword | None = None
    """Password of that user; belongs in a vault."""
    ttl_seconds: Annotated[
        int, Field(ge=0, le=315360000), Expect("seconds from 0 (for ever) to 315360000")
    ] = t.MIRROR_TTL_SECONDS
    """Seconds for which what was fetched is kept; 2.8 always keeps it for these seven days."""

    @model_validator(mode="after")
    def _login(self) -> Upstream:
        if (self.username is None) != (self.password is None):
            raise PydanticCustomError(
                "holdfast_upstream_login", "username|to be given together with password|Give both"
            )
        if self.username and not (self.url or "").startswith("https://"):
            raise PydanticCustomError(
                "holdfast_upstream_https",
                "url|an https address, for a password is sent there|Give one, or no username",
                {"given": f'"{self.url}"' if self.url else "nothing"},
            )
        if self.url is None and self.model_fields_set:
            raise PydanticCustomError(
                "holdfast_upstream_url",
                "url|the address of the upstream, for the rest of it is given|Give it",
                {"given": "nothing"},
            )
        return self


class Mirror(Upstream):
    """One mirror of several: a process of its own behind the one proxy."""

    name: t.MirrorName
    """Name of the mirror, and the path below the registry's name at which its images are, as in
    `registry.example.com/NAME/library/debian`; unless it has a host name of its own."""
    url: t.RegistryAddress
    """Address of the registry that is mirrored; https://registry-1.docker.io for docker.io."""
    hostname: t.Hostname | None = None
    """Host name of the mirror's own, for clients that take none with a path; the certificate is for
    it, too."""
    anonymous: bool = False
    """Whether anybody may pull without a login; docker sends a mirror none."""
    directory: t.AbsolutePath | None = None
    """Directory of what is kept; without it, `/srv/registry-mirrors/NAME`."""
    memory_mib: Annotated[int, Field(ge=128, le=1048576), Expect("MiB from 128 to 1048576")] = 512
    """Memory in MiB that the mirror may use before it is restarted."""

    @property
    def service(self) -> str:
        """Name of the service that runs it."""
        return f"mirror-{self.name}"

    @property
    def folder(self) -> str:
        """Folder of its files in a generation."""
        return f"mirrors/{self.name}"

    @property
    def place(self) -> str:
        """Directory of what is kept."""
        return self.directory or f"/srv/registry-mirrors/{self.name}"


Mirrors = Annotated[tuple[Mirror, ...], Field(strict=False), Expect("a list of mirrors")]
