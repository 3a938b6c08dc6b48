"""Keep repositories within their quotas. What is used is listed from the store at first need."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import closure
from ansible_collections.holdfast.registry.plugins.module_utils.gate.rules import (
    FORBIDDEN,
    Finding,
    covers,
    listed,
    shown,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.gate.usage import (
    Amounts,
    Item,
    Usage,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        Patterns,
        QuotaPlan,
    )

REST = 20.0
"""Time between two lists for one refused push, in times of how long the last one took."""
MOST_KNOWN = 64
"""Maximum number of quotas whose usage is remembered, those of ended generations included."""


class Scope:
    """Usage of the repositories that the patterns of a quota match."""

    def __init__(self, store: Store, patterns: Patterns) -> None:
        self.usage = Usage()
        self._store, self._patterns = store, patterns
        self._changed: set[str] | None = None
        self._next = 0.0

    def covers(self, repository: str) -> bool:
        """Return True if a repository is in the scope."""
        return covers(self._patterns, repository)

    def changed(self, repository: str) -> None:
        """Note that something was deleted: the repository is listed again at the next need."""
        if self._changed is not None:
            self._changed.add(repository)

    def refresh(self) -> None:
        """List what is not known: all repositories at first, then those that have changed."""
        if self._changed is None:
            self.list_all()
        elif self._changed:
            for name, folder in self._folders(self._changed):
                self._list(name, folder)
            self._changed = set()

    def list_all(self) -> bool:
        """List all repositories; return False if that was done just now."""
        begun = time.monotonic()
        if begun < self._next:
            return False
        for name, folder in self._folders(None):
            self._list(name, folder)
        self._changed = set()
        self._next = time.monotonic() + REST * (time.monotonic() - begun)
        return True

    def _folders(self, wanted: set[str] | None) -> Iterator[tuple[str, str]]:
        """Yield name and folder of repositories, and forget those that no longer exist."""
        names = self.usage.repositories if wanted is None else wanted
        found = {
            name: folder
            for name, folder in listing.repositories(self._store)
            if self.covers(name) and (wanted is None or name in wanted)
        }
        for name in names - set(found):
            self.usage.forget(name)
        yield from found.items()

    def _list(self, name: str, folder: str) -> None:
        self.usage.forget(name)
        for digest in listing.revisions(folder):
            item = self._item(name, digest)
            if item is not None:
                self.usage.store(item)
        for tag, digest in listing.tags(folder):
            self.usage.store(Item(name, digest, tag, {}))

    def _item(self, name: str, digest: str) -> Item | None:
        """Return a manifest of the store; None if it cannot be read."""
        try:
            content = self._store.read(places.blob(digest))
            if content is None:
                return None
            return item_of(self._store, name, digest, digest, content)
        except (OSError, ValueError):
            return None


class Quotas:
    """The quotas of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._scopes: dict[tuple[str, ...], Scope] = {}

    @contextmanager
    def held(self, quotas: Iterable[QuotaPlan], item: Item) -> Iterator[Held]:
        """Hold what a push needs while the block runs; the block says if it was taken."""
        chosen = [one for one in quotas if covers(one["repositories"], item.repository)]
        with self._lock:
            scopes = [self._scope(one["repositories"]) for one in chosen]
            pairs = zip(chosen, scopes, strict=True)
            held = Held([text for one, scope in pairs for text in _exceeded(one, scope, item)])
            scopes = [] if held.findings else scopes
            for scope in scopes:
                scope.usage.hold(item)
        try:
            yield held
        finally:
            with self._lock:
                for scope in scopes:
                    if held.taken:
                        scope.usage.store(item)
                    scope.usage.release(item)
                    if held.taken is None:
                        scope.changed(item.repository)

    def changed(self, repository: str) -> None:
        """Note that something of a repository was deleted."""
        with self._lock:
            for scope in self._scopes.values():
                if scope.covers(repository):
                    scope.changed(repository)

    def amounts(self, quota: QuotaPlan) -> Amounts:
        """Return what is used of a quota."""
        with self._lock:
            return self._scope(quota["repositories"]).usage.amounts

    def _scope(self, patterns: Patterns) -> Scope:
        key = tuple(patterns)
        if key not in self._scopes and len(self._scopes) >= MOST_KNOWN:
            del self._scopes[next(iter(self._scopes))]
        scope = self._scopes.setdefault(key, Scope(self._store, patterns))
        scope.refresh()
        return scope


class Held:
    """Result for one push: what it exceeds, and if the registry took it."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.taken: bool | None = None
        """None: not known."""


def item_of(store: Store, repository: str, reference: str, digest: str, content: bytes) -> Item:
    """Return what a manifest uses. Raises ValueError if it cannot be read."""
    _, needed = closure(content, lambda one: store.read(places.blob(one)))
    sizes = {one: store.size(places.blob(one)) for one in needed if places.known(one)}
    tag = "" if ":" in reference else reference
    return Item(repository, digest, tag, {**sizes, digest: len(content)})


def _exceeded(quota: QuotaPlan, scope: Scope, item: Item) -> Iterator[Finding]:
    found = _texts(quota, scope.usage, item)
    if found and scope.list_all():  # deletes that did not pass here, such as a clean-up's
        found = _texts(quota, scope.usage, item)
    place = f"registry_quotas[{quota['number']}]"
    for condition, text in found:
        yield Finding(place, condition, True, FORBIDDEN, text)


def _texts(quota: QuotaPlan, usage: Usage, item: Item) -> list[tuple[str, str]]:
    now, more, found = usage.amounts, usage.added(item), []
    name = f"the quota of {listed(quota['repositories'])} is used up"
    size, tags = quota["bytes"], quota["tags"]
    if size is not None and more.bytes > 0 and now.bytes + more.bytes > size:
        text = f"{shown(now.bytes)} of {shown(size)} are used, and this needs {shown(more.bytes)}"
        found.append(("bytes", f"{name}: {text}. Delete images that nobody needs"))
    if tags is not None and more.tags and now.tags + more.tags > tags:
        text = f"it has {now.tags} tags of {tags}. Delete tags that nobody needs"
        found.append(("tags", f"{name}: {text}"))
    return found
