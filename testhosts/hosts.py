"""Test hosts: up, down, power cut, boot."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from testhosts import images, podman, remains
from testhosts.cache import cache, locked
from testhosts.machine import HarnessError, run, shortcomings

BOOT_SECONDS = 60.0
FIRST_ADDRESS, LAST_ADDRESS = 11, 250
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
INIT = "/lib/systemd/systemd"


@dataclass(frozen=True)
class Host:
    """A test host."""

    name: str
    address: str
    platform: str
    flavour: str

    @property
    def container(self) -> str:
        """Name of its container."""
        return f"holdfast-{self.name}"

    @property
    def key(self) -> Path:
        """Private key with which root is reached."""
        return images.private_key()

    @property
    def known_hosts(self) -> Path:
        """File with the host's own key."""
        return _folder() / f"{self.name}.known_hosts"

    def ssh_command(self) -> list[str]:
        """Return the command that runs its further arguments as root on the host."""
        return ["ssh", "-i", str(self.key), *shlex.split(self.ssh_args), f"root@{self.address}"]

    @property
    def ssh_args(self) -> str:
        """Options of ssh that trust this host alone."""
        return (
            f"-o UserKnownHostsFile={self.known_hosts} -o StrictHostKeyChecking=yes"
            " -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=5"
        )

    def inventory_vars(self) -> dict[str, Any]:
        """Return the variables with which Ansible reaches the host."""
        return {
            "ansible_host": self.address,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": self.ssh_args,
        }

    def run(
        self, command: str, *, check: bool = True, timeout: float = 120, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command as root on the host."""
        return run([*self.ssh_command(), command], check=check, timeout=timeout, text=text)

    def kill(self) -> None:
        """Cut the power: every process is gone at once."""
        podman.podman("kill", "--signal", "KILL", self.container)
        podman.podman("wait", self.container)

    def start(self) -> None:
        """Boot again, with the same disk and address."""
        podman.podman("start", self.container)
        self.wait()

    def down(self) -> None:
        """Remove the host and its disk."""
        podman.podman("rm", "--force", "--volumes", "--time", "0", self.container, check=False)
        self.known_hosts.unlink(missing_ok=True)
        _note(self.name).unlink(missing_ok=True)

    def runs(self) -> bool:
        """Tell whether it is booted."""
        state = podman.inspect(self.container).get("State", {})
        alive = Path(f"/proc/{state.get('Pid')}").exists()
        if state.get("Running") and not alive and remains.survivor() is None:
            remains.distrust()
        return bool(state.get("Running")) and alive

    def wait(self) -> None:
        """Wait until ssh answers and systemd has started everything."""
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            done = self.run("systemctl is-system-running", check=False, timeout=BOOT_SECONDS)
            if done.stdout.strip() in ("running", "degraded"):
                return
            time.sleep(0.1)
        raise HarnessError(f"{self.name}: not up within {BOOT_SECONDS:.0f} s: {done.stderr}")


def up(name: str, platform: str = "debian13", flavour: str = "ready") -> Host:
    """Return a host that runs; made, or booted, when it does not.

    A host of that name on another platform or flavour is replaced. HarnessError 2 when this
    machine cannot host, 3 when the name is no host name.
    """
    if not NAME.fullmatch(name):
        raise HarnessError(f"{name!r}: expected a host name of letters, digits and hyphens", 3)
    problems = shortcomings()
    if problems:
        raise HarnessError("\n".join(problems), 2)
    host = find(name)
    if host and (host.platform, host.flavour) != (platform, flavour):
        host.down()
        host = None
    if host is None:
        with locked("images"):
            image = images.image(platform, flavour)
        with locked("hosts"):
            host = find(name) or _make(name, platform, flavour, image)
    if not host.runs():
        podman.podman("start", host.container)
    host.wait()
    return host


def find(name: str) -> Host | None:
    """Return a host that was made before, running or not."""
    note = _note(name)
    host = Host(**json.loads(note.read_text())) if note.exists() else None
    return host if host and podman.inspect(host.container) else None


def hosts() -> list[Host]:
    """Return all hosts that were made and not removed."""
    names = sorted(path.stem for path in _folder().glob("*.json"))
    return [host for host in map(find, names) if host]


def mac(address: str) -> str:
    """Return the hardware address that goes with an IPv4 address.

    With another one after each boot, this machine would look for the old one for half a minute.
    """
    return ":".join(["02", "00", *(f"{int(number):02x}" for number in address.split("."))])


def _make(name: str, platform: str, flavour: str, image: str) -> Host:
    network, subnet = podman.network()
    taken = {json.loads(path.read_text())["address"] for path in _folder().glob("*.json")}
    for number in range(FIRST_ADDRESS, LAST_ADDRESS):
        host = Host(name, f"{subnet}.{number}", platform, flavour)
        if host.address in taken:
            continue
        try:
            return _boot(host, network, image)
        except HarnessError as error:
            host.down()
            # podman can keep an address whose container was lost with the machine's power.
            if "already allocated" not in str(error):
                raise
    raise HarnessError(f"{subnet}.0/24: no address is free. Run: python3 -m testhosts down --all")


def _boot(host: Host, network: str, image: str) -> Host:
    host.down()  # what an interrupted run has left
    _note(host.name).write_text(json.dumps(asdict(host)))
    place = ["--name", host.container, "--hostname", host.name, "--network", network]
    place += ["--ip", host.address, "--mac-address", mac(host.address)]
    podman.podman("run", "--detach", *place, *podman.RUN_OPTIONS, image, INIT)
    key = podman.podman("exec", host.container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    host.known_hosts.write_text(f"{host.address} {' '.join(key.split()[:2])}\n")
    return host


def _folder() -> Path:
    folder = cache() / "hosts"
    folder.mkdir(exist_ok=True)
    return folder


def _note(name: str) -> Path:
    return _folder() / f"{name}.json"
