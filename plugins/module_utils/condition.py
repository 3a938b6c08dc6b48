"""How a host is, whole: what `holdfast status` asks."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    cache_state,
    hardening,
    names,
    room,
    signing,
    store,
    systemd,
    upkeep,
    upstream,
)
from ansible_collections.holdfast.registry.plugins.module_utils.observation import observe
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    RegistryError,
    over_unix,
)


def condition() -> dict[str, Any]:
    """Return what is observed, the certificates in use, and what the last upkeep found."""
    seen = observe()
    kept = store.Store()
    root = kept.path(seen["generation"] or 0)
    return {
        "hardening": {**hardening.plan_of(root), "missing": hardening.missing(root)},
        **{key: seen[key] for key in ("time", "generation", "interrupted", "drift")},
        "version": kept.manifest(seen["generation"]).get("version"),
        "shown": upkeep.certificates_shown(),
        "upkeep": _last_upkeep(),
        "cache": cache_state.state(
            kept.manifest(seen["generation"]).get("expect", {}).get("cache"),
            kept.path(seen["generation"] or 0),
        ),
        "keys": signing.condition(seen["generation"]),
        "readonly": kept.manifest(seen["generation"])
        .get("expect", {})
        .get("storage", {})
        .get("readonly", False),
        "room": _room(kept.manifest(seen["generation"])),
        "mirrors": _mirrors(kept, seen["generation"]),
    }


def _room(manifest: dict[str, Any]) -> dict[str, Any] | None:
    """Return figures of the file system of the images; None where they are not on the host."""
    kept = manifest.get("expect", {}).get("storage", {})
    return room.looked_at(kept) if "directory" in kept else None


def _mirrors(kept: store.Store, number: int | None) -> list[dict[str, Any]]:
    """Return service, state and upstream of each mirror, and what is wrong with the upstream."""
    services = kept.manifest(number).get("expect", {}).get("services", {})
    instances, states = kept.instances(number), systemd.states(names.SERVICES)
    return [
        {
            "service": service,
            "state": _state(service, instances[service], states),
            "upstream": expected["upstream"],
            "problem": upstream.problem(
                expected["upstream"], kept.path(number or 0, expected["folder"], "ca.pem")
            ),
        }
        for service, expected in services.items()
        if "upstream" in expected
    ]


def _state(service: str, instance: int, states: dict[str, str]) -> str:
    """Return the state of a mirror's unit; `starting` while its process does not answer yet."""
    state = states.get(names.unit(instance, service), "inactive")
    client = over_unix(names.socket(instance, service), "mirror", timeout=5)
    try:
        answers = state == "active" and client.check() == 200
    except RegistryError:
        answers = False
    client.close()
    return state if answers or state != "active" else "starting"


def _last_upkeep() -> dict[str, Any] | None:
    try:
        with open(names.UPKEEP, encoding="utf-8") as stream:
            found: dict[str, Any] = json.load(stream)
            return found
    except (OSError, ValueError):
        return None
