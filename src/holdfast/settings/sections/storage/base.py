"""Settings and interface of all storage drivers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, SecretStr

from holdfast.settings.section import Section
from holdfast.settings.types import Expect

if TYPE_CHECKING:
    from holdfast.settings.sections.storage.filesystem import Filesystem
    from holdfast.settings.sections.storage.s3 import S3

Refusal = tuple[str, str, str]
"""Key of this section, expected value, remedy."""


class Stored(Section):
    """Settings that all drivers share."""

    delete: bool = False
    """Allow clients to delete manifests and blobs."""
    purge_uploads: bool = True
    """Remove abandoned uploads on this host. Of several hosts that share storage, only one may do
    so."""
    purge_hours: Annotated[int, Field(ge=1, le=8760), Expect("hours from 1 to 8760")] = 168
    """Hours after which an unfinished upload is removed."""
    readonly: bool = False
    """Refuse pushes and deletes (status 405); pulls still work."""
    adopt: bool = False
    """Accept existing content: images that another registry stored, or a place other than the one
    in use. Images in the old place are not copied."""

    @property
    def place(self) -> str:
        """Location of the images, for messages; equal strings mean the same location."""
        raise NotImplementedError

    def parameters(self, version: str) -> dict[str, Any]:
        """Return the driver's keys for a version of the registry, without secrets."""
        raise NotImplementedError

    @property
    def secrets(self) -> dict[str, SecretStr]:
        """Secret keys at the top of the driver's section, by name."""
        return {}

    @property
    def environment(self) -> dict[str, Any]:
        """Keys of the driver that the registry reads from its environment, with secrets."""
        return {key: value.get_secret_value() for key, value in self.secrets.items()}

    @property
    def redirects(self) -> bool:
        """True if clients are redirected to the storage for blobs."""
        return False

    @property
    def filesystem(self) -> Filesystem | None:
        """Settings of a directory on the host; None with other drivers."""
        return None

    @property
    def s3(self) -> S3 | None:
        """Settings of an S3 bucket; None with other drivers."""
        return None

    @property
    def key_file(self) -> SecretStr | None:
        """Content of the service account's key file; None if the driver reads none."""
        return None

    @property
    def on_host(self) -> bool:
        """True if images are stored on the host itself."""
        return self.filesystem is not None

    def refusals(self, version: str) -> Iterator[Refusal]:
        """Yield a refusal for each key that a version of the registry does not support."""
        del version
        yield from ()


class Remote(Stored):
    """Settings that all drivers for remote storage share."""

    redirect: bool = False
    """Redirect clients to the storage for blobs, with signed URLs that are valid for minutes. This
    takes the traffic off the host. Every client has to reach the storage and to trust its
    certificate, and the access log no longer counts the bytes of pulled blobs."""

    @property
    def redirects(self) -> bool:
        """True if clients are redirected to the storage for blobs."""
        return self.redirect
