"""Record activations on this host: their result, and the one that is in progress."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.system import files


@dataclass(frozen=True)
class ServingState:
    """The serving generation, and the sets of certificates beside it."""

    generation: int | None
    certificate: str | None
    clients: str | None = None


def current(store: Store) -> ServingState:
    """Return what serves now."""
    return ServingState(store.current(), *certificate_store.links())


def begin(store: Store, old: ServingState, new: ServingState) -> None:
    """Write a note of an activation to the disk, so that an interruption can be detected."""
    text = json.dumps({"from": asdict(old), "to": asdict(new), "time": time.time()})
    files.replace(_intent(store), text.encode(), 0o600)


def interrupted(store: Store) -> bool:
    """Return True if an activation was interrupted."""
    return os.path.exists(_intent(store))


def end(store: Store) -> None:
    """Remove the note of the activation."""
    files.remove(_intent(store))


def record(store: Store, old: ServingState, new: ServingState, failure: str = "") -> None:
    """Add a line to the history; an empty failure means success."""
    line = {"time": time.time(), "from": asdict(old), "to": asdict(new), "failure": failure}
    with open(_history(store), "a", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(json.dumps(line) + "\n")


def failures(store: Store) -> dict[int, str]:
    """Return the reason by generation, for those whose last activation failed."""
    found: dict[int, str] = {}
    try:
        with open(_history(store), encoding="utf-8") as stream:
            for line in map(json.loads, stream):
                found[line["to"]["generation"]] = line["failure"]
    except (OSError, ValueError):
        return {}
    return {number: reason for number, reason in found.items() if reason}


def _intent(store: Store) -> str:
    return os.path.join(store.etc, "activation.json")


def _history(store: Store) -> str:
    return os.path.join(store.etc, "history.jsonl")
