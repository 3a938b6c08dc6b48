"""Define the types of facts about a host's certificates."""

from __future__ import annotations

from typing import TypedDict

from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import Probe
from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
    GuardedDirectory,
)


class CertificateTexts(TypedDict):
    """Files of the sets in use, by name, without keys."""

    server: dict[str, str]
    clients: dict[str, str]


class Certificate(TypedDict):
    """One certificate that the proxy shows; a `next-` file waits for its turn."""

    file: str
    names: list[str]
    issuer: str
    begin: float
    """Seconds of the epoch."""
    end: float
    """Seconds of the epoch."""


class Maintenance(TypedDict):
    """Result of the last run of the daily job."""

    time: float
    problems: list[str]
    done: list[str]
    certificates: list[Certificate]


class AcmePlan(TypedDict):
    """Plan of a host that gets its certificates from an ACME server."""

    server: str
    path: str
    """Directory of the ACME client's files."""
    kinds: list[list[str]]
    """Pairs of the prefix of the files and the kind of the key."""
    renew_days: int


class MaintenancePlan(TypedDict):
    """The file agent/plan.json: what a generation's jobs need to know; no secret."""

    origin: str
    """Source of the certificates."""
    hostname: str
    names: list[str]
    successors: bool
    """True if a deploy brings the next certificate beside the current one."""
    warn_days: int
    host_paths: list[str] | None
    """Certificate and key on the host that others keep; None if the host has none."""
    acme: AcmePlan | None
    crl_url: str | None
    staple: bool
    """True if the proxy shows OCSP answers."""
    metrics: str
    """Directory of the files for Prometheus."""
    records: str
    """Directory of the records of jobs."""
    storage: GuardedDirectory | None
    """None if the images are not on the host."""
    probe: Probe
