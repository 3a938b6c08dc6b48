"""Define the types of what the controller orders of a host, and of the secrets that go with it.

Orders can be logged. Secrets never are: they have an argument of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, final

from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
    HardeningPlan,
)
from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
    Expect,
    Manifest,
)
from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import (
    ClientProbe,
    UserProbe,
)
from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
    ImagesQuestion,
    Storage,
    StorageSecrets,
)


class ExamineOrder(Expect):
    """Order of `examine`: a manifest's expectations, and what a preflight compares."""

    contents_of: list[str]
    """Paths of the current generation whose texts are needed for a diff."""
    writes: bool
    """True if a bucket may be written to."""
    hardening: HardeningPlan | None
    """None unless the profile of hardening is `host`."""
    images: ImagesQuestion
    version: str
    """Version of the registry that is to serve."""


class BinaryOrder(TypedDict):
    """Order of `place`."""

    source: str
    """Path of the uploaded file."""
    path: str
    checksum: str
    """Checksum of the release, as the settings give it."""
    sha256: str
    """SHA-256 of the binary itself, as hexadecimal digits."""


@final
class AccessOrder(TypedDict):
    """Order of `confirm_access`: firewall and ssh settings of a new generation."""

    plan: HardeningPlan
    texts: dict[str, str]
    """Text by part."""
    users: str
    """Text of sysusers.d: rules of the firewall name the users."""


@final
class KeptAccessOrder(TypedDict):
    """Order of `confirm_access`: firewall and ssh settings of a kept generation."""

    number: int | None
    """None for the previous one."""


class ObtainOrder(TypedDict):
    """Requested changes of certificates that are not due."""

    renew: bool
    new_key: bool


class CertificatesOrder(TypedDict):
    """Certificates that a host lacks: texts by file name, without keys."""

    server: dict[str, str]
    clients: dict[str, str]
    obtain: ObtainOrder | None
    """None unless the host gets the certificate itself."""
    text: str
    """Reason, for a person."""


class CertificatesWork(CertificatesOrder):
    """Certificates that a host lacks, with their keys."""

    keys: dict[str, str]


class DeployOrder(TypedDict):
    """Order of `deploy`."""

    contents: dict[str, str]
    """Text by path, of files without secrets."""
    manifest: Manifest
    renew: bool
    """True if all services have to be started: the registry's binary was replaced."""
    certificates: CertificatesOrder | None
    probe: UserProbe
    smoke: bool
    """True if the smoke test is to run before the old generation ends."""
    on_trial: bool
    """True if firewall and ssh settings have to be confirmed."""


class ClientSecrets(TypedDict):
    """Secrets of the client that runs a probe."""

    password: str | None
    client_pair: Sequence[str] | None
    """Certificate and key, as PEM."""


class DeploySecrets(ClientSecrets):
    """Secrets of `deploy`."""

    contents: dict[str, str]
    """Text by path, of files that hold secrets."""
    keys: dict[str, str]
    """Keys of certificates, as PEM by file name."""


class DeployWork(TypedDict):
    """Order of `deploy`, joined with its secrets."""

    contents: dict[str, str]
    manifest: Manifest
    renew: bool
    certificates: CertificatesWork | None
    probe: ClientProbe
    smoke: bool


class RollbackOrder(TypedDict):
    """Order of `rollback`."""

    number: int | None
    """None for the previous generation."""
    probe: UserProbe
    on_trial: bool
    """True if firewall and ssh settings have to be confirmed."""


class RollbackSecrets(ClientSecrets):
    """Secrets of `rollback`, `smoke` and `flush`."""

    login_line: str
    """Line of the user in the file of password hashes; empty if there is none."""


class SmokeOrder(TypedDict):
    """Order of `smoke` and `flush`."""

    probe: UserProbe


class RestartOrder(TypedDict):
    """Order of `restart`."""

    probe: UserProbe
    by: str


class LockOrder(TypedDict):
    """Order of `lock`."""

    unlock: bool
    """True to open the host again."""
    reason: str
    by: str


class LogsOrder(TypedDict):
    """Order of `logs`."""

    what: str
    """units, access or audit."""
    unit: str
    """Name of one unit, without `holdfast-`; empty for all."""
    lines: int
    """Number of the last lines that are returned, without a cursor."""
    cursor: str
    """Place after which lines are returned; empty for the last ones."""


class CompareOrder(TypedDict):
    """Order of `generations-diff`."""

    old: int
    new: int


class RotateOrder(TypedDict):
    """Order of `rotate`."""

    change: str
    """rotate, finish or revoke."""
    probe: UserProbe


class MoveOrder(TypedDict):
    """Order of each step of a move of images."""

    wanted: Storage
    probe: UserProbe
    seconds: int
    """Time to copy before the host reports its progress."""


class MoveSecrets(StorageSecrets, total=False):
    """Secrets of a move of images: those of the new storage, and of the client that probes it."""

    password: str | None
    client_pair: Sequence[str] | None
