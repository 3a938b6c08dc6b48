"""Read the facts of a repository from the store, the record of pushes and the access log."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import references
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Named,
    Store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Repository as Stored,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import (
    Manifest,
    Repository,
    Tag,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import Push

EARLIEST = 315532800.0
"""Begin of 1980: an image that was created before is one whose time was set to nothing."""


@dataclass
class History:
    """Pushes that the gate recorded: the last of each tag, and when digests lost a tag."""

    last: dict[tuple[str, str], Push] = field(default_factory=dict)
    lost: dict[tuple[str, str], float] = field(default_factory=dict)
    latest: float = 0.0

    @classmethod
    def of(cls, pushes: Iterable[Push]) -> History:
        """Return the history of a record."""
        found = cls()
        for one in pushes:
            found.last[one["repository"], one["tag"]] = one
            found.latest = max(found.latest, one["time"])
            if one.get("replaced"):
                found.lost[one["repository"], one["replaced"]] = one["time"]
        return found


@dataclass
class Read:
    """A repository as it was read."""

    repository: Repository
    blobs: dict[str, tuple[str, ...]]
    """Blobs by manifest."""
    damaged: list[str]
    """Tags and digests that cannot be read."""


Found = tuple[Manifest, tuple[str, ...]]
"""A manifest and its blobs."""


@dataclass
class Reader:
    """Read the repositories of one store: a manifest that several have, once."""

    store: Store
    history: History
    configurations: bool = True
    """False to leave out what only the configuration of an image says, which nobody needs."""
    _known: dict[str, Found | None] = field(default_factory=dict)

    def read(self, repository: Stored, pulls: Mapping[str, float]) -> Read:
        """Return a repository. Raises OSError if something cannot be listed."""
        name, lost = repository.name, self.history.lost
        dated = dict(repository.dated())
        new = [digest for digest in dated if digest not in self._known]
        self._known.update(zip(new, self.store.each(self._manifest, new), strict=True))
        damaged: list[str] = []
        manifests: dict[str, Manifest] = {}
        blobs: dict[str, tuple[str, ...]] = {}
        for digest, changed in dated.items():
            found = self._known[digest]
            if found is None:
                damaged.append(digest)
                continue
            since = max(changed, lost.get((name, digest), 0.0))
            manifests[digest], blobs[digest] = found[0]._replace(untagged=since), found[1]
        manifests = {digest: _of_index(one, manifests) for digest, one in manifests.items()}
        tags = []
        for one in repository.named():
            if not places.TAG.fullmatch(one.name) or not places.known(one.digest):
                damaged.append(one.name)
            else:
                tags.append(Tag(one.name, one.digest, _pushed(self.history, name, one)))
        return Read(Repository(name, tuple(tags), manifests, pulls), blobs, damaged)

    def _manifest(self, digest: str) -> Found | None:
        """Return a manifest and its blobs; None if it cannot be read."""
        try:
            content = self.store.read(places.blob(digest))
            own = references(content) if content is not None else None
        except (OSError, ValueError):
            return None
        if content is None or own is None:
            return None
        config = _config(self.store, json.loads(content)) if self.configurations else None
        labels = _labels(config)
        created = None if config is None else _created(config)
        return Manifest(own.manifests, own.subject, created, labels), own.blobs


def _pushed(history: History, name: str, tag: Named) -> float | None:
    """Return when a tag was pushed: as recorded, else by its link."""
    known = history.last.get((name, tag.name))
    return known["time"] if known and known["digest"] == tag.digest else tag.time


def _config(store: Store, manifest: dict[str, Any]) -> dict[str, Any] | None:
    """Return the configuration of an image; None if it has none that can be read."""
    try:
        content = store.read(places.blob(manifest["config"]["digest"]))
        found = json.loads(content or b"")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _created(config: dict[str, Any]) -> float | None:
    try:
        found = datetime.datetime.fromisoformat(config["created"]).timestamp()
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return found if found >= EARLIEST else None


def _labels(config: dict[str, Any] | None) -> tuple[Mapping[str, str], ...] | None:
    if config is None:
        return None
    inner = config.get("config")
    found = inner.get("Labels") if isinstance(inner, dict) else None
    known = found.items() if isinstance(found, dict) else ()
    return ({key: value for key, value in known if isinstance(value, str)},)


def _of_index(one: Manifest, known: Mapping[str, Manifest]) -> Manifest:
    """Return an index with the latest time and all labels of its manifests."""
    if not one.children:
        return one
    inner = [known.get(child) for child in one.children]
    times = [child.created if child else None for child in inner]
    labels = [child.labels if child else None for child in inner]
    created = None if None in times else max(time for time in times if time is not None)
    every = tuple(label for some in labels for label in some or ())
    return one._replace(created=created, labels=None if None in labels else every)
