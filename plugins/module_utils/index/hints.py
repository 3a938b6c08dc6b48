"""Read from the access log which repositories may have changed."""

from __future__ import annotations

import json
import os
import re

from ansible_collections.holdfast.registry.plugins.module_utils.facts.tail import Tail

_MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/[^/]+")
_CHANGES = {("PUT", 201), ("DELETE", 202)}


class Hints:
    """Reader of the log. A hint says where to look, and nothing of it is believed."""

    def __init__(self, log: str) -> None:
        self._log, self._tail = log, Tail(log)
        self._seen: tuple[int, int] | None = None
        self._names()  # what was logged before is seen by the look at the store

    @property
    def gaps(self) -> int:
        """Number of times at which lines went away before they were read."""
        return self._tail.gaps

    def names(self) -> list[str]:
        """Return the repositories that changed since the last call."""
        try:
            status = os.stat(self._log)
            now = status.st_ino, status.st_size
        except OSError:
            now = 0, 0
        if now == self._seen:
            return []
        self._seen = now
        return self._names()

    def _names(self) -> list[str]:
        found = (changed(line) for line in self._tail.lines())
        return [*dict.fromkeys(name for name in found if name)]


def changed(line: bytes) -> str:
    """Return the repository that a line of the log may have changed; "" for none."""
    if b"/manifests/" not in line:
        return ""
    try:
        entry = json.loads(line.decode("utf-8", "replace"))
        if (entry["method"], entry["status"]) not in _CHANGES:
            return ""
        match = _MANIFEST.fullmatch(entry["uri"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return match["name"] if match else ""
