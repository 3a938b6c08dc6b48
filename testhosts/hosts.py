"""Create and find test hosts."""

from __future__ import annotations

import json
import re
from pathlib import Path

from testhosts import images, podman, qemu
from testhosts.cache import locked
from testhosts.host import Host, folder
from testhosts.machine import HarnessError, shortcomings

__all__ = ["Host", "find", "hosts", "mac", "up"]

FIRST_ADDRESS, LAST_ADDRESS = 11, 250
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
INIT = "/lib/systemd/systemd"


def up(
    name: str, platform: str = "debian13", flavour: str = "ready", kind: str = "container"
) -> Host:
    """Return a running host; create or boot it first if necessary.

    A host of that name on another platform or flavour, or of another kind, is replaced. Raises
    HarnessError 2 if this machine cannot host, 3 if the name is no host name.
    """
    if not NAME.fullmatch(name):
        raise HarnessError(f"{name!r}: expected a host name of letters, digits and hyphens", 3)
    host = find(name)
    if host and (host.platform, host.flavour, host.kind) != (platform, flavour, kind):
        host.down()
        host = None
    if kind == "vm":
        host = host or qemu.make(name, platform, flavour)
        host.start()
        return host
    problems = shortcomings()
    if problems:
        raise HarnessError("\n".join(problems), 2)
    if host is None:
        with locked(f"{platform}-{flavour}"):
            image = images.image(platform, flavour)
        with locked("hosts"):
            host = find(name) or _make(name, platform, flavour, image)
    if not host.runs():
        podman.podman("start", host.container)
    host.wait()
    return host


def find(name: str) -> Host | None:
    """Return an existing host, running or not."""
    note = folder() / f"{name}.json"
    known = json.loads(note.read_text()) if note.exists() else None
    if known and known.get("kind") == "vm":
        return qemu.Machine(**known)
    host = Host(**known) if known else None
    return host if host and podman.inspect(host.container) else None


def hosts() -> list[Host]:
    """Return all existing hosts."""
    names = sorted(path.stem for path in folder().glob("*.json"))
    return [host for host in map(find, names) if host]


def mac(address: str) -> str:
    """Return the hardware address for an IPv4 address.

    If it changed with each boot, this machine would look for the old one for half a minute.
    """
    return ":".join(["02", "00", *(f"{int(number):02x}" for number in address.split("."))])


def _make(name: str, platform: str, flavour: str, image: str) -> Host:
    network, subnet = podman.network()
    taken = {json.loads(path.read_text())["address"] for path in folder().glob("*.json")}
    for number in _numbers():
        host = Host(name, f"{subnet}.{number}", platform, flavour)
        if host.address in taken:
            continue
        _last().write_text(str(number))
        try:
            return _boot(host, network, image)
        except HarnessError as error:
            host.down()
            # podman can keep an address whose container was lost with the machine's power.
            if "already allocated" not in str(error):
                raise
    raise HarnessError(f"{subnet}.0/24: no address is free. Run: python3 -m testhosts down --all")


def _numbers() -> list[int]:
    """Return the last numbers of free addresses, the most recently used one at the end.

    ssh keeps connections open for a minute, so a new host must not get the address of a removed
    one.
    """
    known = _last().read_text().strip() if _last().exists() else ""
    after = int(known) + 1 if known.isdigit() else FIRST_ADDRESS
    return [*range(after, LAST_ADDRESS), *range(FIRST_ADDRESS, after)]


def _last() -> Path:
    return folder() / "last"


def _boot(host: Host, network: str, image: str) -> Host:
    host.down()  # what an interrupted run has left
    host.note.write_text(host.noted())
    place = ["--name", host.container, "--hostname", host.name, "--network", network]
    place += ["--ip", host.address, "--mac-address", mac(host.address)]
    podman.keep_machine_hosts()
    podman.podman("run", "--detach", *place, *podman.RUN_OPTIONS, image, INIT)
    key = podman.podman("exec", host.container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    host.known_hosts.write_text(f"{host.address} {' '.join(key.split()[:2])}\n")
    return host
