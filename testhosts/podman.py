"""Run podman with our own configuration, store and network."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

from testhosts import apt, cleanup, namespace
from testhosts.cache import cache, identity
from testhosts.machine import as_root, run

LIMITS = (("nofile", resource.RLIMIT_NOFILE, 16384), ("nproc", resource.RLIMIT_NPROC, 4096))
"""Limits of containers: podman's defaults exceed those without CAP_SYS_RESOURCE."""

RUN_OPTIONS = (
    *("--systemd=always", "--privileged", "--pull=never"),
    # Without a cgroup tree of its own each systemd would take the machine's for its own.
    "--cgroupns=private",
    # podman mounts a tmpfs here otherwise, and a power cut would take the journal along.
    "--volume=/var/log/journal",
)
"""Options with which systemd runs in a container."""


def podman(*arguments: str, check: bool = True) -> str:
    """Run podman; return its output. Raises HarnessError if it fails."""
    title = f"podman {arguments[0]}"
    return run(command(*arguments), check=check, timeout=900, title=title).stdout


def command(*arguments: str) -> list[str]:
    """Return the command line of podman on this machine."""
    folder = cache()
    _configure(folder)
    environment = [
        f"CONTAINERS_CONF={folder / 'containers.conf'}",
        f"CONTAINERS_STORAGE_CONF={folder / 'storage.conf'}",
    ]
    enter = namespace.enter()
    cleanup.forget_what_ran()
    return as_root([*enter, "env", *environment, "podman", *arguments])


def network() -> tuple[str, str]:
    """Return name and subnet (`10.89.1`, its first three numbers) of the hosts' network.

    podman chooses a free subnet once; it stays until the network is removed.
    """
    name = _network()
    if run(command("network", "exists", name), check=False).returncode:
        podman("network", "create", name)
    known = json.loads(podman("network", "inspect", name))[0]
    return name, str(known["subnets"][0]["subnet"]).rsplit(".", 1)[0]


def remove_network() -> None:
    """Remove the network, unless a host uses it."""
    podman("network", "rm", _network(), check=False)


def keep_machine_hosts() -> None:
    """Write the lines of this machine's /etc/hosts that new hosts need for apt.

    podman would copy all lines, and the name of a running demo would lead the tests to the demo.
    """
    lines = apt.host_lines(Path("/etc/hosts").read_text(), apt.servers())
    _write(cache() / "machine-hosts", "".join(f"{line}\n" for line in lines))


def inspect(container: str) -> dict[str, Any]:
    """Return podman's facts of a container; empty if there is none."""
    done = run(command("container", "inspect", container), check=False)
    return dict(json.loads(done.stdout)[0]) if done.returncode == 0 else {}


def _configure(folder: Path) -> None:
    """Write podman's configuration: our own store, and limits that this machine allows."""
    limits = ", ".join(f'"{name}={bound}:{bound}"' for name, bound in _limits())
    manager = "systemd" if Path("/run/systemd/system").is_dir() else "cgroupfs"
    volatile = cleanup.volatile()
    texts = {
        "containers.conf": f"[containers]\ndefault_ulimits = [{limits}]\n"
        # A limit, and the lifting of it, too, is refused where cgroup v1 has the controller.
        "pids_limit = 0\n"
        f'base_hosts_file = "{folder / "machine-hosts"}"\n'
        f'[engine]\ncgroup_manager = "{manager}"\nruntime = "crun"\n'
        f'tmp_dir = "{volatile}/libpod"\n'
        '[network]\nnetwork_backend = "netavark"\n',
        "storage.conf": f'[storage]\ndriver = "overlay"\ngraphroot = "{folder / "graph"}"\n'
        f'runroot = "{volatile}/storage"\n',
    }
    if not (folder / "machine-hosts").exists():
        keep_machine_hosts()
    for name, text in texts.items():
        _write(folder / name, text)


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _limits() -> list[tuple[str, int]]:
    hard = [(name, resource.getrlimit(kind)[1], most) for name, kind, most in LIMITS]
    infinite = resource.RLIM_INFINITY
    return [(name, most if had == infinite else min(had, most)) for name, had, most in hard]


def _network() -> str:
    return f"holdfast-{identity()}"
