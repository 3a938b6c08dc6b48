"""Stores for a scrub, and a scrub without a socket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import Gate
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import (
    Proofs,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.reading import Pace
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.scrubbing import Scrub

DAY = 86400.0
FAST = 1 << 40


def put(store: Directory, content: bytes, algorithm: str = "sha256") -> str:
    digest = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    path = Path(store.path(places.blob(digest)))
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return digest


def flip(store: Directory, digest: str) -> None:
    path = Path(store.path(places.blob(digest)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def link(store: Directory, place: str, text: str) -> Path:
    path = Path(store.path(place))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class InProcess:
    """The gate without a socket."""

    def __init__(self, store: Directory) -> None:
        self.gate = Gate(store)

    def set_aside(self, digest: str, seen: Any) -> bool:
        return self.gate.set_aside(digest, seen)


def scrub_of(store: Directory, proofs: Proofs, within: float = 30 * DAY, **more: Any) -> Scrub:
    flush: Callable[[], object] = more.pop("flush", lambda: None)
    control: Any = InProcess(store)
    return Scrub(store, proofs, control, Pace(FAST), within, flush, **more)
