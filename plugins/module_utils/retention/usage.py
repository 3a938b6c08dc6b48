"""Read files of digests that are in use."""

from __future__ import annotations

import os
import re

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_files

MOST_BYTES = 64 << 20
MOST_SECONDS = 86400.0
"""Age from which a file says nothing."""
AHEAD_SECONDS = 60.0
_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def in_use(path: str, now: float) -> frozenset[str] | None:
    """Return the digests in a file; None if it is missing, empty or older than a day."""
    try:
        changed = os.stat(path).st_mtime
        content = foreign_files.read(path, MOST_BYTES, links=True)
    except OSError:
        return None
    if not now - MOST_SECONDS <= changed <= now + AHEAD_SECONDS:
        return None
    return frozenset(one.decode() for one in _DIGEST.findall(content)) or None
