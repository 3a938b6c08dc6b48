"""Control a test host: ssh, power cut, boot."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from testhosts import cleanup, images, podman
from testhosts.cache import cache
from testhosts.machine import HarnessError, run

BOOT_SECONDS = 60.0


def folder() -> Path:
    """Return the folder with the notes of all hosts."""
    path = cache() / "hosts"
    path.mkdir(exist_ok=True)
    return path


@dataclass(frozen=True)
class Host:
    """A test host."""

    name: str
    address: str
    platform: str
    flavour: str
    kind: str = "container"
    """container, or vm: see testhosts.qemu."""

    def noted(self) -> str:
        """Return the content of the note."""
        return json.dumps(asdict(self))

    @property
    def boot_seconds(self) -> float:
        """Maximum seconds of a boot."""
        return BOOT_SECONDS

    @property
    def container(self) -> str:
        """Name of its container."""
        return f"holdfast-{self.name}"

    @property
    def key(self) -> Path:
        """Private key for ssh as root."""
        return images.private_key()

    @property
    def known_hosts(self) -> Path:
        """File with the host's own key."""
        return folder() / f"{self.name}.known_hosts"

    @property
    def note(self) -> Path:
        """File with the facts of the host."""
        return folder() / f"{self.name}.json"

    def ssh_command(self) -> list[str]:
        """Return the ssh command that runs its further arguments as root on the host."""
        return ["ssh", "-i", str(self.key), *shlex.split(self.ssh_args), f"root@{self.address}"]

    @property
    def ssh_args(self) -> str:
        """Options of ssh that trust only this host."""
        return (
            f"-o UserKnownHostsFile={self.known_hosts} -o StrictHostKeyChecking=yes"
            " -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=5"
        )

    def inventory_vars(self) -> dict[str, Any]:
        """Return the Ansible variables of the connection to the host."""
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

    def send(self, program: Path, path: str) -> None:
        """Copy a program to the host, once."""
        with program.open("rb") as stream:
            once = f"[ -x {path} ] || {{ cat > {path}; chmod 755 {path}; }}"
            subprocess.run([*self.ssh_command(), once], stdin=stream, check=True)

    def kill(self) -> None:
        """Cut the power: kill every process at once."""
        if self.runs():
            podman.podman("kill", "--signal", "KILL", self.container)
            podman.podman("wait", self.container)

    def start(self) -> None:
        """Boot again, with the same disk and address."""
        podman.podman("start", self.container)
        self.wait()

    def reboot(self) -> None:
        """Shut down in order, and boot again."""
        self.run("systemctl poweroff", check=False)
        podman.podman("wait", self.container)
        self.start()

    def down(self) -> None:
        """Remove the host and its disk."""
        podman.podman("rm", "--force", "--volumes", "--time", "0", self.container, check=False)
        self.known_hosts.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def runs(self) -> bool:
        """Return True if the host is booted."""
        state = podman.inspect(self.container).get("State", {})
        alive = Path(f"/proc/{state.get('Pid')}").exists()
        if state.get("Running") and not alive and cleanup.survivor() is None:
            cleanup.distrust()
        return bool(state.get("Running")) and alive

    def wait(self) -> None:
        """Wait until ssh answers and systemd has finished its start."""
        deadline = time.monotonic() + self.boot_seconds
        while time.monotonic() < deadline:
            done = self.run("systemctl is-system-running", check=False, timeout=self.boot_seconds)
            if done.stdout.strip() in ("running", "degraded"):
                return
            time.sleep(0.1)
        raise HarnessError(f"{self.name}: not up within {self.boot_seconds:.0f} s: {done.stderr}")
