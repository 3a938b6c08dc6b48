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

from holdfast.rendering import HOST
from holdfast.rendering.render import binary_path
from holdfast.settings import Settings
from holdfast.verification import probe
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

# Only root sees all of this. The password of sudo, if there is one, comes by standard input.
_AS_ROOT = 'if [ "$(id -u)" = 0 ]; then s=; else s="sudo {}"; fi; exec $s python3 -c %s %s %s'


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
    files: Mapping[str, dict[str, Any]]
    said: Mapping[str, str]
    notes: Mapping[str, str | None]
    system: str
    certificate: str
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
        """Return the name of the unit of one of the current generation's services."""
        return f"holdfast-{service}@{self.generation}.service"


Examinations = Mapping[str, "Future[Facts]"]
"""Facts that were asked for, by the name of the host."""


def note_path(settings: Settings) -> str:
    """Return where a deploy noted what the registry's binary should be."""
    return str(PurePosixPath(binary_path(settings)).with_name("binary.json"))


def wanted(settings: Settings, extras: Iterable[str]) -> dict[str, Any]:
    """Return what `probe.gather` is asked for."""
    binary = PurePosixPath(binary_path(settings))
    return {
        "units": [TARGET, SOCKET, PROXY, TIMER, CARE, CACHE, SERVICES],
        "trees": [HOST.etc],
        "paths": [
            *map(str, (binary, binary.parent)),
            settings.storage.directory,
            HOST.logs,
            f"{HOST.logs}/access.log",
        ],
        "commands": {
            "registry": [str(binary), "--version"],
            "nginx": ["/usr/sbin/nginx", "-v"],
            "cache": list(CACHE_STATE),
        },
        "notes": [note_path(settings), UPKEEP],
        "extras": sorted(extras),
    }


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
