"""Define the types of facts for `holdfast status` and `holdfast doctor`."""

from __future__ import annotations

from typing import TypedDict

from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import CacheState
from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
    Certificate,
    Maintenance,
)
from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import Locked
from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
    HardeningState,
)
from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobState
from ansible_collections.holdfast.registry.plugins.module_utils.contract.patch import Waiting
from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import ScrubFigures
from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
    DiskSpace,
    Scanned,
)


class KeyState(TypedDict):
    """Keys that sign tokens."""

    trusted: int
    seconds_left: float
    """Until the last token of a retired key ends; 0 or less if none is valid."""


class MirrorState(TypedDict):
    """One mirror, and its upstream."""

    service: str
    state: str
    """Active state of its unit; `starting` while it does not answer yet."""
    upstream: str
    problem: str | None
    """Reason why the upstream does not answer."""


class LogLines(TypedDict):
    """Answer of `logs`."""

    lines: list[str]
    cursor: str
    """Place after the last line, for the next order."""


class Status(TypedDict):
    """Answer of `status`."""

    scrub: ScrubFigures | None
    """Figures of the last scrub; None without one."""
    jobs: list[JobState]
    hardening: HardeningState
    time: float
    """Clock of the host, in seconds of the epoch."""
    os: dict[str, str]
    generation: int | None
    interrupted: bool
    drift: list[str]
    drop_ins: list[str]
    locked: Locked | None
    version: str | None
    """Version of the registry."""
    shown: list[Certificate]
    maintenance: Maintenance | None
    """None until the daily job has run."""
    cache: CacheState | None
    """None for a cache that is no server."""
    keys: KeyState | None
    """None without an issuer."""
    readonly: bool
    disk_space: DiskSpace | None
    """None if the images are not on the host."""
    mirrors: list[MirrorState]
    updates: Waiting | None
    """None if apt cannot tell."""


class UnitState(TypedDict):
    """One unit that should be active."""

    name: str
    state: str
    result: str
    restarts: int
    said: list[str]
    """Its last lines, if it is not well."""


class Doctor(Status):
    """Answer of `doctor`."""

    trust: dict[str, str] | None
    """`config`: the registry's configuration; others: keys of which it takes tokens.
    None without a generation."""
    units: list[UnitState]
    lost: list[str]
    """Problems of the keys that sign tokens."""
    issuer: str | None
    """Reason why the issuer does not answer."""
    sources: list[str]
    """Problems of sources of logins on other machines."""
    broken: Scanned | None
    """Images of which blobs are missing; None if they are not in a directory of the host."""
