"""What was activated on this host, when, and how it ended; and what is being activated now."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass

from ansible_collections.holdfast.registry.plugins.module_utils import certificates, files
from ansible_collections.holdfast.registry.plugins.module_utils.store import Store


@dataclass(frozen=True)
class Point:
    """What is served: a generation, and the sets of certificates beside it."""

    generation: int | None
    certificate: str | None
    clients: str | None = None


def here(store: Store) -> Point:
    """Return what is served now."""
    return Point(store.current(), *certificates.links())


def begin(store: Store, old: Point, new: Point) -> None:
    """Note on the disk what is being done, so that a cut can be seen."""
    text = json.dumps({"from": asdict(old), "to": asdict(new), "time": time.time()})
    files.replace(_intent(store), text.encode(), 0o600)


def interrupted(store: Store) -> bool:
    """Tell whether an activation was cut before its end."""
    return os.path.exists(_intent(store))


def end(store: Store) -> None:
    """Note that what was begun is over."""
    files.remove(_intent(store))


def record(store: Store, old: Point, new: Point, failure: str = "") -> None:
    """Add a line to the history; an empty failure means success."""
    line = {"time": time.time(), "from": asdict(old), "to": asdict(new), "failure": failure}
    with open(_history(store), "a", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(json.dumps(line) + "\n")


def failures(store: Store) -> dict[int, str]:
    """Return the reason by generation, of those whose last activation failed."""
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
