"""Define the types of facts that a deploy reads from a host."""

from __future__ import annotations

from typing import TypedDict

from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
    CertificateTexts,
)
from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import Survey
from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import FileNote
from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
    ImagesFound,
    StorageFound,
)


class Locked(TypedDict):
    """Note that a host is closed to deploys."""

    by: str
    reason: str
    time: float


class Observed(TypedDict):
    """Answer of `observe`: the host, and its differences from the last deploy."""

    time: float
    """Clock of the host, in seconds of the epoch."""
    root: bool
    systemd: bool
    machine: str
    os: dict[str, str]
    """Values of /etc/os-release by key."""
    generation: int | None
    version: str | None
    """Version of the registry; None without a generation."""
    identity: str | None
    files: dict[str, FileNote]
    interrupted: bool
    """True if an activation was cut before its end."""
    certificates: CertificateTexts
    drift: list[str]
    """One sentence for each difference."""
    drop_ins: list[str]
    """Paths of files that change our units."""
    locked: Locked | None
    """None if the host is open to deploys."""


class Examined(TypedDict):
    """Answer of `examine`: further facts for a preflight."""

    storage: StorageFound
    images: ImagesFound
    ports_taken: dict[str, str]
    """Owner of the socket by TCP port."""
    ipv6: bool
    packages_missing: list[str]
    package_versions: dict[str, str]
    binary_damage: list[str]
    surveyed: Survey | None
    """None unless the profile of hardening is `host`."""
    contents: dict[str, str]
    """Text by path, for a diff; of no file that holds a secret."""


class Seen(Observed, Examined):
    """Both answers, joined."""


class GenerationRow(TypedDict):
    """One generation that is kept; an unreadable manifest leaves time, by and version open."""

    number: int
    state: str
    """current, kept or failed."""
    failure: str
    time: float | None
    by: str | None
    reason: str | None
    """Reason that was given for the deploy; empty if there was none."""
    version: str | None


class Difference(TypedDict, total=False):
    """One file that differs, in the form that Ansible has for it: texts, or a sentence."""

    before_header: str
    after_header: str
    before: str
    after: str
    sides: list[str]
    """Names of the two that are compared."""
    prepared: str
