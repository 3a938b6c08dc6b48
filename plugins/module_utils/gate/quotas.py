"""Keep repositories within their quotas. What is used is listed from the store at first need."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate.conditions import FORBIDDEN
from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import (
    covers,
    listed,
    shown,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.rules import Finding
from ansible_collections.holdfast.registry.plugins.module_utils.gate.scopes import Scope
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Look, Store
from ansible_collections.holdfast.registry.plugins.module_utils.gate.usage import (
    Amounts,
    Item,
    Usage,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        Patterns,
        QuotaPlan,
        QuotaUsed,
    )

MOST_KNOWN = 64
"""Maximum number of quotas whose usage is remembered, those of ended generations included."""


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


def used(store: Store, quotas: Iterable[QuotaPlan]) -> list[QuotaUsed]:
    """Return what is used of quotas, counted from the store."""
    wanted = list(quotas)
    if not wanted:
        return []
    look = store.look()
    return [_used(store, look, one) for one in wanted]


def _used(store: Store, look: Look, quota: QuotaPlan) -> QuotaUsed:
    scope = Scope(store, quota["repositories"])
    scope.list_all(look)
    amounts = scope.usage.amounts
    return {
        "rule": f"registry_quotas[{quota['number']}]",
        "repositories": list(quota["repositories"]),
        "bytes": amounts.bytes,
        "most_bytes": quota["bytes"],
        "tags": amounts.tags,
        "most_tags": quota["tags"],
    }
