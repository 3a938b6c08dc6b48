"""Record who pushed which tag, when and from where, and which digest it replaced.

One JSON object a line, appended and synced; the times survive a copy or a restore of the store. A
file that grows too large keeps the last line of each tag. What a retention took away has a line,
too.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.system import files

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import Push

MOST_BYTES = 64 << 20


class Pushes:
    """The record in one file; safe for several threads."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()

    def add(self, push: Push) -> None:
        """Append one push."""
        with self._lock:
            with open(self.path, "ab") as stream:
                stream.write(_line(push))
                size = stream.tell()
            if size > MOST_BYTES:
                self._shorten()

    def _shorten(self) -> None:
        last = {(one["repository"], one["tag"] or one["replaced"]): one for one in read(self.path)}
        files.replace_own(self.path, map(_line, last.values()))


def _line(push: Push) -> bytes:
    return json.dumps(push, separators=(",", ":")).encode() + b"\n"


def taken(pushes: Iterable[Push]) -> dict[tuple[str, str], Push]:
    """Return the lines of tags and manifests that were taken away, and not pushed since.

    By repository and tag, or digest of a manifest.
    """
    last: dict[tuple[str, str], Push] = {}
    for one in pushes:
        last[one["repository"], one["tag"] or one["replaced"]] = one
        if one["digest"]:
            last.pop((one["repository"], one["digest"]), None)
    return {key: one for key, one in last.items() if not one["digest"] and one["replaced"]}


def read(path: str) -> Iterator[Push]:
    """Yield all pushes of a record, the oldest first; a damaged line is left out."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            try:
                push: Push = json.loads(line)
                push["repository"], push["tag"], push["time"]
            except (ValueError, KeyError, TypeError):  # cut by a power loss
                continue
            yield push
