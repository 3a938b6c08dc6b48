"""The section `registry_distribution_*`: the source of the registry's binary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from holdfast.releases import CHECKSUMS
from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section

RELEASES = "https://github.com/distribution/distribution/releases/download"


class _Source(Section):
    drop_schema1: bool = False
    """Accept that registry 3.x can no longer serve images whose manifests have schema 1, as Docker
    before 1.10 pushed them. Without it, a deploy that would lose images names them and is
    refused."""
    catalogue: t.CataloguePlace | None = None
    """Path of a signed catalogue with releases that this version of holdfast does not know; its
    signature is beside it, with `.sig` after the name. See `holdfast catalogue add`."""
    catalogue_signers: t.SignersFile | None = None
    """Path of the public keys that may sign the catalogue, in the form of `ssh-keygen(1)`, ALLOWED
    SIGNERS."""

    @field_validator("catalogue")
    @classmethod
    def _was_read(cls, text: str | None) -> str | None:
        # Settings are parsed after files are read: what is here is the proven text.
        if text is not None and not text.startswith("{"):
            raise PydanticCustomError("catalogue", "unread")
        return text

    @property
    def obtained(self) -> Obtained | None:
        """Settings of a binary that the controller provides; None for a package."""
        return None

    @property
    def from_package(self) -> bool:
        """True if the binary is the platform's own package."""
        return self.obtained is None

    @property
    def users_own(self) -> bool:
        """True if the binary is a file or address of the user's, which no catalogue knows."""
        return False


class Obtained(_Source):
    """A binary that the controller obtains once and copies to the hosts."""

    version: t.Version = "3.1.1"
    """Version of CNCF Distribution: 3.1.1 or newer, or 2.8.x."""

    @property
    def obtained(self) -> Obtained:
        """These settings."""
        return self

    @property
    def given(self) -> str | None:
        """Checksum that the inventory gives; None if the version alone says it."""
        return None

    @property
    def build(self) -> str:
        """Version and start of the checksum. Builds of one version are installed side by side."""
        name = self.given.removeprefix("sha256:")[:12] if self.given else "upstream"
        return f"{self.version}-{name}"

    @property
    def published(self) -> Mapping[str, str]:
        """Checksums by architecture that are known of the version."""
        if self.catalogue is None:
            return CHECKSUMS.get(self.version, {})
        from holdfast.catalogue import known  # noqa: PLC0415 -- for few inventories

        return known(self.catalogue).releases.get(self.version, {})

    @property
    def checksums(self) -> frozenset[str]:
        """Checksums of the files that may become the host's binary."""
        return frozenset({self.given} if self.given else self.published.values())

    def checksum_for(self, architecture: str | None) -> str | None:
        """Return the checksum of the file for an architecture; None if it is not known."""
        return self.given or self.published.get(architecture or "")

    @property
    def file(self) -> str | None:
        """Path of the file on the controller; None if the binary is downloaded."""
        return None

    def address(self, architecture: str | None) -> str | None:
        """Return the download URL for an architecture; None if there is none."""
        del architecture
        return None


class Release(Obtained):
    """The release of the upstream project, downloaded once to the controller."""

    source: Literal["release"]
    checksum: t.Checksum | None = None
    """SHA-256 of the archive, as `sha256:` and 64 hexadecimal digits. Only needed for a release
    that neither this version of holdfast nor `registry_distribution_catalogue` knows."""

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if not self.checksum and not self.published:
            raise refusal(
                "checksum",
                f"the SHA-256 of release {self.version}, of which no checksum is known here",
                "Upstream publishes it beside each archive, with .sha256 after its name",
            )
        return self

    @property
    def given(self) -> str | None:
        """Checksum that the inventory gives; None if the version alone says it."""
        return self.checksum

    def address(self, architecture: str | None) -> str | None:
        """Return the download URL for an architecture, named as upstream does; None if it is
        unknown."""
        if architecture is None:
            return None
        name = f"registry_{self.version}_linux_{architecture}.tar.gz"
        return f"{RELEASES}/v{self.version}/{name}"


class _Checked(Obtained):
    checksum: t.Checksum
    """SHA-256 of the archive or binary, as `sha256:` and 64 hexadecimal digits."""

    @property
    def given(self) -> str | None:
        """Checksum that the inventory gives."""
        return self.checksum

    @property
    def users_own(self) -> bool:
        """True: the user names a file, or an address of one."""
        return True


class Download(_Checked):
    """An archive or binary at a URL of your own, downloaded once to the controller."""

    source: Literal["url"]
    url: t.WebAddress
    """URL of the binary, or of a .tar.gz that contains a file `registry`."""

    def address(self, architecture: str | None) -> str:
        """Return the download URL."""
        del architecture
        return self.url


class LocalFile(_Checked):
    """A file on the controller, for hosts and controllers without internet access."""

    source: Literal["file"]
    path: t.ControllerFile
    """Path of the binary, or of a .tar.gz that contains a file `registry`."""

    @property
    def file(self) -> str:
        """Path of the file on the controller."""
        return self.path


class Package(_Source):
    """The platform's own package `docker-registry`, version 2.8."""

    source: Literal["package"]


Distribution = Annotated[Release | Download | LocalFile | Package, Field(discriminator="source")]
