"""The plan by which a host maintains its certificates, and the packages for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.rendering.layout import Layout
from holdfast.settings.model import Settings
from holdfast.settings.sections.tls import Acme, KeyType

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        AcmePlan,
        MaintenancePlan,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import Probe
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        GuardedDirectory,
    )

KINDS: dict[KeyType, list[list[str]]] = {
    "ecdsa": [["", "ecdsa"]],
    "rsa": [["", "rsa"]],
    "both": [["", "ecdsa"], ["rsa-", "rsa"]],
}
"""File prefix and key type of each certificate, by `registry_tls_key_type`."""


def plan(settings: Settings, layout: Layout, probe: Probe) -> MaintenancePlan:
    """Return the plan for `module_utils/certificates/maintenance.py`, without secrets."""
    tls = settings.tls
    return {
        "origin": tls.origin,
        "hostname": settings.hostname,
        "names": list(settings.names),
        "successors": tls.private_authority is not None,
        "warn_days": tls.warn_days,
        "host_paths": list(tls.host_paths) if tls.host_paths else None,
        "acme": _acme(tls.acme, layout) if tls.acme else None,
        "crl_url": settings.mtls.crl_url,
        "staple": tls.staples,
        "metrics": settings.metrics.directory,
        "records": layout.job_records,
        "storage": _room(settings),
        "probe": probe,
    }


def _room(settings: Settings) -> GuardedDirectory | None:
    """Return the directory of the images and the required free space; None if they are not on the
    host."""
    images = settings.storage.filesystem
    if images is None:
        return None
    percent = images.minimum_free_percent
    return {"directory": images.directory, "minimum_free_percent": percent}


def fetches(settings: Settings) -> bool:
    """Tell whether the host fetches from other machines for certificates."""
    return settings.tls.asks_others or settings.mtls.crl_url is not None


def _acme(tls: Acme, layout: Layout) -> AcmePlan:
    return {
        "server": tls.server,
        "path": f"{layout.state}/acme",
        "kinds": KINDS[tls.key_type],
        "renew_days": tls.renew_days,
    }


def packages(settings: Settings) -> tuple[str, ...]:
    """Return the Debian packages for the maintenance of certificates."""
    lists = ("openssl",) if settings.mtls.crl_url is not None else ()
    return tuple(dict.fromkeys((*settings.tls.packages, *lists)))
