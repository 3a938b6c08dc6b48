"""Define the two sides of a copy, their work, and the errors that they report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from holdfast.errors import Exit, HoldfastError

Pieces = Callable[[], Iterator[bytes]]
"""Function that reads a blob from its beginning, proved by its digest before the last piece."""


class ImageError(Exception):
    """One image cannot be copied; the others can."""


class DeniedError(ImageError):
    """A registry does not give the right to this request."""


class UnknownBelowError(ImageError):
    """The target lacks what a manifest names, although it was there before."""


class UnreachableError(HoldfastError):
    """A registry does not answer, after several tries."""

    exit_code = Exit.UNREACHABLE


@dataclass(frozen=True)
class Descriptor:
    """Statement of a manifest or an index about a part of it."""

    digest: str
    size: int
    media_type: str = ""
    foreign: bool = False
    """True for a layer that clients fetch from elsewhere."""


@dataclass(frozen=True)
class Manifest:
    """The bytes of a manifest or an index, which have its digest."""

    digest: str
    media_type: str
    content: bytes


class Source(Protocol):
    """A side that is read."""

    name: str

    def repositories(self) -> list[str] | None:
        """Return all repositories; None if the side gives no list."""

    def tags(self, repository: str) -> list[str]:
        """Return all tags of a repository; none if there is no such repository."""

    def resolve(self, repository: str, reference: str) -> str | None:
        """Return the digest of a tag; None if there is none."""

    def manifest(self, repository: str, reference: str) -> Manifest:
        """Return a manifest, proved by its digest. Raises ImageError."""

    def blob(self, repository: str, part: Descriptor) -> Iterator[bytes]:
        """Yield a blob; the last piece only if all have its digest. Raises ImageError."""

    def referrers(self, repository: str, digest: str) -> list[Descriptor] | None:
        """Return the manifests whose subject this is; None if the side has no such list."""

    def has_blob(self, repository: str, digest: str) -> bool:
        """Return True if a repository has a blob."""


class Target(Source, Protocol):
    """A side that is written."""

    def put_blob(self, repository: str, part: Descriptor, pieces: Pieces, known: str) -> bool:
        """Write a blob, or mount it from the repository `known`; return True if it was mounted."""

    def put_manifest(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Write a manifest by a tag or its digest."""
