"""Define the types of a generation's manifest."""

from __future__ import annotations

from typing import TypedDict

from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import Cache
from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import Probe
from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Storage


class FileNote(TypedDict):
    """All of a file but its content."""

    sha256: str
    mode: str
    """Four octal digits."""
    owner: str
    group: str
    sensitive: bool
    """True if it holds a secret."""


class Readiness(TypedDict):
    """Readiness check of a service."""

    path: str
    status: int
    writes: bool
    """True if it accepts uploads."""


class ServiceExpected(Readiness, total=False):
    """One service of a generation; keys without a value are left out."""

    pools: int
    """Number of generations in a row whose kept connections are separate."""
    upstream: str
    """Address of the registry without which it cannot start."""
    folder: str
    """Folder of its files; it keeps running while neither they nor its unit change."""


class RunningService(ServiceExpected):
    """One service, and the number of its instance."""

    instance: int


class Units(TypedDict):
    """Units of systemd that a generation brings, beside the instances of its services."""

    jobs: list[str]
    """Names of its jobs: `holdfast-NAME.service`, and a timer for most."""
    linked: dict[str, str]
    """Path in the generation by path of the system."""
    started: list[str]
    active: list[str]
    restarted: dict[str, list[str]]
    """Files and folders by unit that is restarted when one of them changes."""


class ComponentFacts(TypedDict, total=False):
    """Facts that components add to the manifest."""

    probe: Probe
    binary: str
    storage: Storage
    cache: Cache


class Expect(ComponentFacts):
    """Expectations that a host compares itself with."""

    packages: list[str]
    ports: list[int]
    services: dict[str, ServiceExpected]
    units: Units
    accounts: list[str]


class ManifestOrder(TypedDict):
    """Keys of a manifest that the controller gives."""

    format: int
    identity: str
    """Equal if nothing has to be done for the generation."""
    settings: str
    """Fingerprint of the settings."""
    files: dict[str, FileNote]
    expect: Expect
    states: dict[str, Expect]
    """Checks of the host in each state that it can enter by itself."""
    version: str
    """Version of the registry."""
    holdfast: str
    """Version of holdfast that rendered it."""
    by: str


class Manifest(ManifestOrder, total=False):
    """The file manifest.json; one that cannot be read has no key at all."""

    number: int
    time: float
    reason: str
    """Reason that was given for the deploy."""
    masked: list[str]
    """Units of packages that are masked when these are installed."""
    instances: dict[str, int]
    """Instance by service, of those that kept running from an earlier generation."""
