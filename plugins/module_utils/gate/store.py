"""Define what a gate and a clean-up do with a Distribution store and its trash.

A place is a path below the store's root. Source of the paths: Distribution 3.1.1,
registry/storage/paths.go.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import BlobSeen

Each = TypeVar("Each")
Made = TypeVar("Made")
MOST_BYTES = 4 << 20
"""Largest manifest that the registry takes."""
STORE = "docker/registry/v2"
TRASH = "holdfast-trash"
DAMAGED = "damaged"
"""Folder of the trash with blobs that a push must not bring back."""
TAGS = "/_manifests/tags"
"""Folder of tags that the retention has taken away."""
CURRENT = "current/link"
REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_KNOWN = re.compile("|".join(f"{name}:[0-9a-f]{{{size}}}" for name, size in digests.SIZES.items()))


def blob(digest: str) -> str:
    """Return the path of a blob's content. Raises ValueError for a text that is no digest."""
    _parts(digest)
    return digests.path_of(digest)


def layer(repository: str, digest: str) -> str:
    """Return the path of the link that lets a repository serve a blob."""
    algorithm, digits = _parts(digest)
    return f"{_repository(repository)}/_layers/{algorithm}/{digits}/link"


def revision(repository: str, digest: str) -> str:
    """Return the path of the link that makes a manifest one of a repository's."""
    algorithm, digits = _parts(digest)
    return f"{_repository(repository)}/_manifests/revisions/{algorithm}/{digits}/link"


def tag(repository: str, name: str) -> str:
    """Return the folder of a tag. Raises ValueError for a text that is no tag."""
    if not TAG.fullmatch(name):
        raise ValueError(f"expected a tag, got {name!r}")
    return f"{_repository(repository)}/_manifests/tags/{name}"


def current(repository: str, name: str) -> str:
    """Return the path of the link from a tag to its digest, which makes it one."""
    return f"{tag(repository, name)}/{CURRENT}"


def linked(content: bytes | None) -> str:
    """Return the digest in the content of a link; "" for a link that is missing."""
    return (content or b"")[:200].decode("ascii", "replace").strip()


def known(digest: str) -> bool:
    """Return True if a text is a digest that registries take."""
    return bool(_KNOWN.fullmatch(digest))


def _parts(digest: str) -> tuple[str, str]:
    if not known(digest):
        raise ValueError(f"expected a digest, got {digest!r}")
    algorithm, _, digits = digest.partition(":")
    return algorithm, digits


def _repository(name: str) -> str:
    if not REPOSITORY.fullmatch(name):
        raise ValueError(f"expected the name of a repository, got {name!r}")
    return f"repositories/{name}"


class Item(NamedTuple):
    """A file that can be moved or removed."""

    place: str
    size: int
    """Bytes."""
    time: float
    """Seconds since 1970: last change, or for a file in the trash when it was moved."""


class Named(NamedTuple):
    """A tag, with the digest that it names."""

    name: str
    digest: str
    """A text that is no digest, if the tag cannot be read."""
    time: float | None
    """Seconds since 1970: last change; None if nobody knows."""


class Trashed(NamedTuple):
    """Tags and manifests in the trash, each with its repository."""

    tags: list[tuple[str, str]]
    manifests: list[tuple[str, str]]


class Repository(ABC):
    """A repository as a look at the store finds it."""

    name: str

    @abstractmethod
    def revisions(self) -> Iterator[str]:
        """Yield the digests of its manifests."""

    @abstractmethod
    def tags(self) -> Iterator[tuple[str, str]]:
        """Yield name and digest of each tag; a damaged one is left out."""

    @abstractmethod
    def dated(self) -> Iterator[tuple[str, float]]:
        """Yield the digest of each manifest, and when its link changed last."""

    @abstractmethod
    def named(self) -> Iterable[Named]:
        """Return all tags by name, damaged ones too; each is read once."""

    @abstractmethod
    def links(self, without: Container[str] = ()) -> Iterator[tuple[Item, str]]:
        """Yield the link to each blob, with the blob's digest; not to those without."""


class Look(ABC):
    """Contents of a store and of its trash."""

    @abstractmethod
    def repositories(self) -> Iterable[Repository]:
        """Return the repositories; a registry without an image has none."""

    @abstractmethod
    def blobs(self, without: Container[str] = ()) -> Iterator[tuple[Item, str]]:
        """Yield each blob with its digest, except some; other files are left out, too."""

    @abstractmethod
    def trashed(self) -> Iterator[Item]:
        """Yield all that is in the trash."""

    @abstractmethod
    def blob_size(self, digest: str) -> int:
        """Return the bytes of a blob; 0 if it is missing."""


class Tags(ABC):
    """Tags of a store, each of which is one thing or several. Nobody pushes them meanwhile."""

    @abstractmethod
    def has(self, repository: str, name: str) -> bool:
        """Return True if the store has the tag, even a damaged one."""

    @abstractmethod
    def take(self, repository: str, names: list[str]) -> list[str]:
        """Move tags to the trash; return those that the store had."""

    @abstractmethod
    def restore(self, repository: str, name: str) -> bool:
        """Move a tag back from the trash; False if the trash does not have it."""

    @abstractmethod
    def siblings(self, repository: str, digest: str) -> list[str]:
        """Return the tags that name a digest, in order."""

    @abstractmethod
    def trashed(self, repository: str = "", name: str = "") -> Trashed:
        """Return what is in the trash: of all repositories, of one, or one tag alone."""

    @abstractmethod
    def trashed_digest(self, repository: str, name: str) -> str:
        """Return the digest that a tag of the trash names; "" if it cannot be read."""


class Store(ABC):
    """A store and its trash. Methods raise OSError if it cannot be reached."""

    AT_ONCE: ClassVar[int]
    """Places that one call of discard() or purge() moves best."""
    DISTANT: ClassVar[bool] = False
    """True if a move takes so long that pushes cannot wait for it."""

    @abstractmethod
    def announce(self) -> None:
        """Let other gates know of this one, before its first push. Raises OSError."""

    @property
    @abstractmethod
    def tags(self) -> Tags:
        """Tags of the store."""

    def refusal(self) -> str:
        """Return why nothing can be moved to the trash; "" if it can."""
        return ""

    def shared(self) -> str:
        """Return why nothing can be taken away even for ever; "" if it can."""
        return ""

    def each(self, call: Callable[[Each], Made], items: Iterable[Each]) -> list[Made]:
        """Return the results of a call that reads the store for each item, in their order."""
        return [call(one) for one in items]

    @abstractmethod
    def look(self) -> Look:
        """Return what is there now."""

    @abstractmethod
    def repository(self, name: str) -> Repository:
        """Return one repository as it is now."""

    @abstractmethod
    def has(self, place: str) -> bool:
        """Return True if the place exists in the store."""

    def missing(self, places: Iterable[str]) -> list[str]:
        """Return the places that the store does not have."""
        return [place for place in places if not self.has(place)]

    @abstractmethod
    def is_trashed(self, place: str) -> bool:
        """Return True if the place exists in the trash."""

    @abstractmethod
    def read(self, place: str) -> bytes | None:
        """Return the content of a file in the store, or else in the trash; None if in neither.

        Raises OSError for one that is no file, or larger than a manifest.
        """

    @abstractmethod
    def size(self, place: str) -> int:
        """Return the bytes of a file in the store, or else in the trash; 0 if in neither."""

    @abstractmethod
    def tagged(self, repository: str, name: str) -> str:
        """Return the digest of a tag; "" if there is none. Raises ValueError for a bad name."""

    def set_aside(self, place: str, seen: BlobSeen) -> bool:
        """Move a damaged place away; False if another one is there than was seen."""
        raise OSError(f"{place} of {seen['size']} bytes: expected a store in a directory")

    @abstractmethod
    def prepare(self, places: list[str]) -> None:
        """Do what moves of places to the trash need, before pushes have to wait for them."""

    def prepare_removal(self, places: list[str]) -> None:
        """Do the same for moves that remove the places for ever if the store has no trash."""
        self.prepare(places)

    @abstractmethod
    def discard(self, places: list[str]) -> list[str]:
        """Move places to the trash and note the time; return those that the store had."""

    @abstractmethod
    def restore(self, place: str) -> bool:
        """Move a place back from the trash for good; False if the trash does not have it.

        If the store has it again, because it was pushed again, the one in the trash is removed.
        """

    @abstractmethod
    def purge(self, places: list[str]) -> list[str]:
        """Remove places from the trash for ever; return those that the trash had."""

    @abstractmethod
    def write(self, place: str, content: bytes) -> None:
        """Write a file into the store atomically, for the registry to read."""
