"""Collect everything that `holdfast status` reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.cache import state as cache_state
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import maintenance
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import patching
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.drift import observe
from ansible_collections.holdfast.registry.plugins.module_utils.generations import store
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import parts
from ansible_collections.holdfast.registry.plugins.module_utils.registry import upstream
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    RegistryError,
    over_unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.report import (
    job_states,
    scrub_state,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import disk_space
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.tokens import keys as token_keys

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        Maintenance,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Manifest,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import (
        MirrorState,
        Status,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        DiskSpace,
    )


def status(running: str) -> Status:
    """Return drift, certificates, last maintenance, cache, keys, storage and mirrors."""
    seen = observe(running)
    kept = store.Store()
    root = kept.path(seen["generation"] or 0)
    last: Maintenance | None = files.read_json(paths.MAINTENANCE_RESULT)
    return {
        "jobs": job_states.states(),
        "scrub": scrub_state.figures(root),
        "hardening": {**parts.plan_of(root), "missing": parts.missing(root)},
        "time": seen["time"],
        "os": seen["os"],
        "generation": seen["generation"],
        "interrupted": seen["interrupted"],
        "drift": seen["drift"],
        "drop_ins": seen["drop_ins"],
        "locked": seen["locked"],
        "version": kept.manifest(seen["generation"]).get("version"),
        "shown": maintenance.certificates_shown(),
        "maintenance": last,
        "cache": cache_state.state(
            kept.manifest(seen["generation"]).get("expect", {}).get("cache"),
            kept.path(seen["generation"] or 0),
        ),
        "keys": token_keys.key_state(seen["generation"]),
        "readonly": kept.manifest(seen["generation"])
        .get("expect", {})
        .get("storage", {})
        .get("readonly", False),
        "disk_space": _disk_space(kept.manifest(seen["generation"])),
        "mirrors": _mirrors(kept, seen["generation"]),
        "updates": patching.waiting(),
    }


def _disk_space(manifest: Manifest) -> DiskSpace | None:
    """Return figures of the images' file system; None if the images are not on the host."""
    kept = manifest.get("expect", {}).get("storage")
    if not kept or "directory" not in kept:
        return None
    return disk_space.measure(kept["directory"], kept["minimum_free_percent"])


def _mirrors(kept: store.Store, number: int | None) -> list[MirrorState]:
    """Return service, state, upstream and problem of each mirror."""
    services = kept.manifest(number).get("expect", {}).get("services", {})
    instances, states = kept.instances(number), systemd.states(paths.SERVICES)
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
    """Return the state of a mirror's unit; `starting` while it runs and does not answer."""
    state = states.get(paths.unit(instance, service), "inactive")
    client = over_unix(paths.socket(instance, service), "mirror", timeout=5)
    try:
        answers = state == "active" and client.check() == 200
    except RegistryError:
        answers = False
    client.close()
    return state if answers or state != "active" else "starting"
