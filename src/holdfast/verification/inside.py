"""Looking at a host from inside: one command over testinfra's connection brings every fact."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import testinfra
from pydantic import SecretStr

from holdfast.rendering import HOST, blobs, hardening, render
from holdfast.rendering.files import REGISTRY_USER, SOCKET_GROUP
from holdfast.rendering.render import binary_path
from holdfast.settings import Settings
from holdfast.verification import probe
from holdfast.verification.expected import Expected
from holdfast.verification.target import Connection

_LOAD = """
import json, sys, types
for name, source in json.loads(sys.argv[1]).items():
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
print(json.dumps(module.gather(json.loads(sys.argv[2]))))
"""
"""Program of the host: takes the modules of `probe` and what is wanted; prints one line of JSON."""

TARGET = "holdfast.target"
PROXY = "holdfast-proxy.service"
SOCKET = "holdfast-proxy.socket"
TIMER = "holdfast-certificates.timer"
CARE = "holdfast-certificates.service"
CACHE = "holdfast-cache.service"
CACHE_STATE = (
    *("env", f"PYTHONPATH={HOST.current}/agent", "/usr/bin/python3", "-B", "-m"),
    "ansible_collections.holdfast.registry.plugins.module_utils.cache_state",
    HOST.current,
)
"""Command that asks the cache how it is, with the host's own login."""
UPKEEP = f"{HOST.state}/certificates.json"
"""What the last care for the certificates found."""
SERVICES = "holdfast-*@*.service"
MANIFEST = f"{HOST.current}/manifest.json"
"""What a deploy noted of the generation that serves."""
FOREIGN = ("nginx.service", "docker-registry.service")
"""Units of the packages, which would take the ports."""
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

# Only root sees all of this. The password of sudo, if there is one, comes by standard input.
_AS_ROOT = 'if [ "$(id -u)" = 0 ]; then s=; else s="sudo {}"; fi; exec $s python3 -c %s %s %s'

PLACES = {
    "umask.sh": "/etc/profile.d/holdfast.sh",
    "limits.conf": "/etc/security/limits.d/holdfast.conf",
    "journald.conf": "/etc/systemd/journald.conf.d/zz-holdfast.conf",
    "upgrades.conf": "/etc/apt/apt.conf.d/zz-holdfast",
}
"""Where the host has those files of hardening that are in force by lying there."""


class UnreachableError(Exception):
    """No command could be run on the host; says why."""


@dataclass(frozen=True)
class Facts:
    """What `probe.gather` brought; see there."""

    time: float
    current: str
    units: Mapping[str, Mapping[str, str]]
    processes: Mapping[str, list[dict[str, Any]]]
    init_network: str
    ports: list[int]
    addresses: list[str]
    files: Mapping[str, dict[str, Any]]
    said: Mapping[str, str]
    notes: Mapping[str, str | None]
    system: str
    certificate: str
    pairs: Mapping[str, bool]
    accounts: Mapping[str, Mapping[str, Any]]
    members: Mapping[str, list[str]]
    programs: Mapping[str, str]
    logs: Mapping[str, Mapping[str, Any]]
    logins: list[dict[str, str]]
    room: Mapping[str, Any]
    sources: list[str]
    secret_characters: int
    """Length of the secret that signs uploads, where the host made it."""
    extra: Mapping[str, Any]
    """What takes time, for the controls of the run that need it."""

    @property
    def generation(self) -> str:
        """Number of the generation that serves, or nothing."""
        return PurePosixPath(self.current).name

    @property
    def registry(self) -> str:
        """Name of the unit that should be the one registry."""
        return self.unit("registry")

    def unit(self, service: str) -> str:
        """Return the name of the unit of one of the current generation's services.

        A mirror goes on running with the files of an earlier generation when they are the same.
        """
        kept = json.loads(self.notes.get(MANIFEST) or "{}").get("instances", {})
        return f"holdfast-{service}@{kept.get(service, self.generation)}.service"


Examinations = Mapping[str, "Future[Facts]"]
"""Facts that were asked for, by the name of the host."""


def note_path(settings: Settings) -> str:
    """Return where a deploy noted what the registry's binary should be."""
    return str(PurePosixPath(binary_path(settings)).with_name("binary.json"))


def wanted(settings: Settings, extras: Iterable[str]) -> dict[str, Any]:
    """Return what `probe.gather` is asked for."""
    binary, tree = PurePosixPath(binary_path(settings)), render(settings)
    data, expected = directory_of(settings), Expected(tree)
    return {
        "units": [TARGET, SOCKET, PROXY, TIMER, CARE, CACHE, SERVICES, "logrotate.timer", *FOREIGN],
        "properties": list(SANDBOX),
        "trees": [HOST.etc],
        "paths": [
            *map(str, (binary, binary.parent)),
            *(HOST.opt, ACCESS_LOG, *expected.directories, *PLACES.values()),
        ],
        "commands": {
            "registry": [str(binary), "--version"],
            "nginx": [NGINX, "-V"],
            "cache": list(CACHE_STATE) if settings.cache.mode in ("local", "external") else [],
        },
        "notes": [note_path(settings), UPKEEP, MANIFEST],
        "accounts": expected.accounts,
        "groups": [SOCKET_GROUP, *expected.accounts],
        "programs": [str(binary), NGINX, *ROTATION],
        "logs": [ACCESS_LOG],
        "journal": ["holdfast-*"],
        "packages": PACKAGES,
        "htpasswd": next((path for path in tree if path.endswith("/htpasswd")), ""),
        "room": data or "/",
        "store": _store(settings, data),
        "hardening": {
            "lines": {
                name: [line for _, lines in rows for line in lines]
                for name, rows in hardening.files(settings).items()
            },
            "directory": data or "/",
        },
        "extras": sorted(extras),
    }


def directory_of(settings: Settings) -> str | None:
    """Return the directory of the images; None: they are not on the host."""
    return getattr(settings.storage, "directory", None)


def _store(settings: Settings, data: str | None) -> dict[str, Any] | None:
    purge = getattr(settings.storage, "purge_hours", 168) * 3600
    readers = SOCKET_GROUP if blobs.store(settings) else ""
    known = {"directory": data, "owner": REGISTRY_USER, "purge_seconds": purge, "group": readers}
    return known if data else None


def examine(connection: Connection, settings: Settings, extras: Iterable[str] = ()) -> Facts:
    """Return the facts of a host, and the extra ones; UnreachableError when it cannot be asked."""
    asked = json.dumps(wanted(settings, extras))
    answer = _run(connection, _LOAD, json.dumps(_modules()), asked)
    try:
        # The line of ours is the last one: a login shell may have said something before.
        return Facts(**json.loads(answer.strip().rpartition("\n")[2]))
    except (ValueError, TypeError) as error:
        raise UnreachableError(f"its answer cannot be read: {answer[-200:]!r}") from error


def _modules() -> dict[str, str]:
    """Return name and source of the modules that run on the host."""
    folder = Path(probe.__file__).parent
    return {
        f"{probe.__name__}.{name}": (folder / f"{name}.py").read_text(encoding="utf-8")
        for name in probe.MODULES
    }


def _run(connection: Connection, *arguments: str) -> str:
    host = testinfra.get_host(
        connection.spec,
        ssh_identity_file=connection.key_file,
        ssh_extra_args=connection.ssh_args,
        # One command is all: no connection has to be kept for the next.
        controlpersist=0,
    )
    command = _AS_ROOT.format("-n")
    if connection.sudo_password:
        host.backend.run_local = _feeding(host.backend, connection.sudo_password)
        command = _AS_ROOT.format("-S -p ''")
    try:
        done = host.run(command, *arguments)
    except RuntimeError as error:
        # testinfra's own words hold the whole command; ssh's say what is wrong.
        raise UnreachableError(_last(getattr(error.args[0], "stderr", str(error)))) from error
    if done.rc != 0:
        raise UnreachableError(_last(done.stderr) or f"exit code {done.rc}")
    return str(done.stdout)


def _feeding(backend: Any, password: SecretStr) -> Callable[..., Any]:
    """Return testinfra's `run_local`, which starts ssh or a shell, with a line for sudo to read."""

    def run_local(command: str, *arguments: str) -> Any:
        done = subprocess.run(
            ["sh", "-c", backend.quote(command, *arguments)],
            input=f"{password.get_secret_value()}\n".encode(),
            capture_output=True,
            check=False,
        )
        return backend.result(done.returncode, command.encode(), done.stdout, done.stderr)

    return run_local


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()
