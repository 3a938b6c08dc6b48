"""Collect the facts of a host from inside, with one command."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import Any

from holdfast.platforms import found
from holdfast.rendering import HOST, blobs, hardening_plan, render
from holdfast.rendering.accounts import REGISTRY_USER, SOCKET_GROUP
from holdfast.rendering.components import units
from holdfast.rendering.registry_binary import binary_path
from holdfast.settings import Settings
from holdfast.verification import evidence
from holdfast.verification.expected import Expected
from holdfast.verification.remote import UnreachableError, run
from holdfast.verification.target import Connection

TARGET = "holdfast.target"
PROXY = "holdfast-proxy.service"
SOCKET = "holdfast-proxy.socket"
TIMER = "holdfast-certificates.timer"
MAINTENANCE = "holdfast-certificates.service"
CACHE = "holdfast-cache.service"
CACHE_STATE = (
    *("/usr/bin/python3", "-I", "-B", HOST.run_program, "cache.state"),
    HOST.current,
)
"""Command that queries the cache for its state, with the host's own login."""
MAINTENANCE_NOTE = f"{HOST.state}/certificates.json"
"""The result of the last maintenance of the certificates."""
SCRUB_RECORD = f"{HOST.job_records}/scrub.json"
"""The record of the last scrub."""
BACKUP_RECORD = f"{HOST.job_records}/backup.json"
"""The record of the last backup."""
DRILL_RECORD = f"{HOST.job_records}/drill.json"
"""The record of the last drill."""
RECORDS = (SCRUB_RECORD, BACKUP_RECORD, DRILL_RECORD)
SERVICES = "holdfast-*@*.service"
MANIFEST = f"{HOST.current}/manifest.json"
"""Manifest of the serving generation."""
FOREIGN = ("nginx.service", "docker-registry.service")
"""Units of packages that would use the same ports."""
ACCESS_LOG = f"{HOST.logs}/access.log"
ROTATION = ("/etc/logrotate.d/holdfast", f"{HOST.etc}/current/logrotate/holdfast")
NGINX = "/usr/sbin/nginx"
PACKAGES = ["nginx", "nginx-common", "docker-registry", "libssl3t64", "libssl3", "openssl"]
SANDBOX = (
    *("User", "Restart", "NonBlocking", "UMask", "OOMPolicy", "NoNewPrivileges", "PrivateUsers"),
    *("PrivateNetwork", "ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices"),
    *("PrivateIPC", "PrivateMounts", "DevicePolicy", "ProtectProc", "ProcSubset"),
    *("ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs"),
    *("ProtectControlGroups", "ProtectClock", "ProtectHostname", "RestrictRealtime"),
    *("RestrictSUIDSGID", "LockPersonality", "MemoryDenyWriteExecute", "RemoveIPC"),
    *("KeyringMode", "RootDirectory", "MountAPIVFS", "MemoryMax", "TasksMax"),
)
"""Properties that systemd shows as a unit file writes them; MemoryMax as a number of bytes."""

HARDENING_PATHS = {
    "umask.sh": "/etc/profile.d/holdfast.sh",
    "limits.conf": "/etc/security/limits.d/holdfast.conf",
    "journald.conf": "/etc/systemd/journald.conf.d/zz-holdfast.conf",
    "upgrades.conf": "/etc/apt/apt.conf.d/zz-holdfast",
}
"""Paths of the hardening files that are active by their presence."""


@dataclass(frozen=True)
class Facts:
    """The answer of `probe.gather`."""

    time: float
    current: str
    units: Mapping[str, Mapping[str, str]]
    processes: Mapping[str, list[dict[str, Any]]]
    init_network: str
    ports: list[int]
    addresses: list[str]
    files: Mapping[str, dict[str, Any]]
    outputs: Mapping[str, str]
    note_files: Mapping[str, str | None]
    system: Mapping[str, str]
    certificate: str
    pairs: Mapping[str, bool]
    accounts: Mapping[str, Mapping[str, Any]]
    members: Mapping[str, list[str]]
    programs: Mapping[str, str]
    logs: Mapping[str, Mapping[str, Any]]
    logins: list[dict[str, str]]
    disk_space: Mapping[str, Any]
    sources: list[str]
    secret_characters: int
    """Length of the secret that signs uploads, if the host made it."""
    extra: Mapping[str, Any]
    """The slow facts, for the controls of the run that need them."""
    requested: float
    """This machine's time before the host was contacted: seconds since 1970, like `time`."""
    received: float
    """This machine's time when the answer was there."""

    def __getattribute__(self, name: str) -> Any:
        """Return an attribute; a fact is recorded as evidence of the running check."""
        value = object.__getattribute__(self, name)
        if name in _FACTS:
            evidence.note_fact(name, value)
        return value

    @property
    def generation(self) -> str:
        """Number of the serving generation; "" if there is none."""
        return PurePosixPath(self.current).name

    @property
    def registry(self) -> str:
        """Name of the unit that should be the only registry."""
        return self.unit("registry")

    def unit(self, service: str) -> str:
        """Return the unit name of one of the current generation's services.

        A mirror keeps running with the files of an earlier generation if they are equal.
        """
        kept = json.loads(self.note_files.get(MANIFEST) or "{}").get("instances", {})
        return f"holdfast-{service}@{kept.get(service, self.generation)}.service"


_FACTS = frozenset(field.name for field in fields(Facts))

PendingFacts = Mapping[str, "Future[Facts]"]
"""Facts that are being collected, by the name of the host."""


def binary_note_path(settings: Settings) -> str:
    """Return the path of the note that a deploy left about the registry's binary."""
    return str(PurePosixPath(binary_path(settings)).with_name("binary.json"))


def facts_request(settings: Settings, extras: Iterable[str]) -> dict[str, Any]:
    """Return the argument of `probe.gather`."""
    binary, tree = PurePosixPath(binary_path(settings)), render(settings)
    data, expected = directory_of(settings), Expected(tree)
    return {
        "units": [*(one.name for one in units(settings)), SERVICES, "logrotate.timer", *FOREIGN],
        "properties": list(SANDBOX),
        "trees": [HOST.etc],
        "paths": [
            *map(str, (binary, binary.parent)),
            *(HOST.opt, ACCESS_LOG, *expected.directories, *HARDENING_PATHS.values()),
        ],
        "commands": {
            "registry": [str(binary), "--version"],
            "nginx": [NGINX, "-V"],
            "cache": list(CACHE_STATE) if settings.cache.is_server else [],
        },
        "note_files": [binary_note_path(settings), MAINTENANCE_NOTE, *RECORDS, MANIFEST],
        "accounts": expected.accounts,
        "groups": [SOCKET_GROUP, *expected.accounts],
        "programs": [str(binary), NGINX, *ROTATION],
        "logs": [ACCESS_LOG],
        "journal": ["holdfast-*"],
        "packages": PACKAGES,
        "htpasswd": next((path for path in tree if path.endswith("/htpasswd")), ""),
        "disk_space": data or "/",
        "store": _store(settings, data),
        "hardening": {
            "lines": {
                name: [line for _, lines in rows for line in lines]
                for name, rows in hardening_plan.files(settings).items()
            },
            "directory": data or "/",
        },
        "extras": sorted(extras),
    }


def platform_of(connection: Connection) -> str:
    """Return the name of the platform that a host runs. Raises UnreachableError."""
    return found(run(connection, "gather.os_release"))


def directory_of(settings: Settings) -> str | None:
    """Return the directory of the images; None if they are not on the host."""
    return settings.storage.filesystem.directory if settings.storage.filesystem else None


def _store(settings: Settings, data: str | None) -> dict[str, Any] | None:
    purge = settings.storage.purge_hours * 3600
    readers = SOCKET_GROUP if blobs.store(settings) else ""
    known = {"directory": data, "owner": REGISTRY_USER, "purge_seconds": purge, "group": readers}
    return known if data else None


def collect(connection: Connection, settings: Settings, extras: Iterable[str] = ()) -> Facts:
    """Return the facts of a host with the slow ones named. Raises UnreachableError."""
    begun = time.time()
    answer = run(connection, "gather.gather", facts_request(settings, extras))
    try:
        return Facts(**answer, requested=begun, received=time.time())
    except TypeError as error:
        raise UnreachableError(f"its answer cannot be read: {error}") from error
