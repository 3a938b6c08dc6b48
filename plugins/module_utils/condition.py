"""How a host is, whole: what `holdfast status` asks."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    cache_state,
    names,
    signing,
    store,
    upkeep,
)
from ansible_collections.holdfast.registry.plugins.module_utils.observation import observe


def condition() -> dict[str, Any]:
    """Return what is observed, the certificates in use, and what the last upkeep found."""
    seen = observe()
    kept = store.Store()
    return {
        **{key: seen[key] for key in ("time", "generation", "interrupted", "drift")},
        "version": kept.manifest(seen["generation"]).get("version"),
        "shown": upkeep.certificates_shown(),
        "upkeep": _last_upkeep(),
        "cache": cache_state.state(
            kept.manifest(seen["generation"]).get("expect", {}).get("cache"),
            kept.path(seen["generation"] or 0),
        ),
        "keys": signing.condition(seen["generation"]),
    }


def _last_upkeep() -> dict[str, Any] | None:
    try:
        with open(names.UPKEEP, encoding="utf-8") as stream:
            found: dict[str, Any] = json.load(stream)
            return found
    except (OSError, ValueError):
        return None
