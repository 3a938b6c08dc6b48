"""Describe a repository as the rules see it. A fact that is not known is None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Tag(NamedTuple):
    """A tag."""

    name: str
    digest: str
    pushed: float | None
    """Seconds since 1970."""


class Manifest(NamedTuple):
    """A manifest of a repository."""

    children: tuple[str, ...] = ()
    """Manifests of an index."""
    subject: str = ""
    created: float | None = None
    """Seconds since 1970, from the configuration; the latest of an index."""
    labels: tuple[Mapping[str, str], ...] | None = ()
    """Labels of the configuration; of an index those of each manifest."""
    untagged: float | None = None
    """Time since which the manifest can be without a tag."""


class Repository(NamedTuple):
    """The tags and manifests of a repository."""

    name: str
    tags: tuple[Tag, ...]
    manifests: Mapping[str, Manifest]
    pulls: Mapping[str, float]
    """Time of the last pull, by tag and by digest."""

    def inside(self, digest: str) -> set[str]:
        """Return a digest and all that are in it, if it is an index."""
        found, waiting = {digest}, [digest]
        while waiting:
            here = self.manifests.get(waiting.pop())
            new = [one for one in (here.children if here else ()) if one not in found]
            found.update(new)
            waiting += new
        return found


class Evidence(NamedTuple):
    """Facts of the whole store at one time."""

    now: float
    pulls_since: float | None
    """Time since which the log has all pulls; None if there is no log."""
    in_use: Mapping[str, frozenset[str] | None]
    """Digests by file that lists them; None for one that is missing or too old."""
