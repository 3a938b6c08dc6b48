"""Environment of the suites: a scratch folder, and a test host with an inventory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
)

from testhosts import binary, hosts

NAME, PASSWORD = "registry.holdfast.test", "correct-horse-battery"
PING = [{"hosts": "registry", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}]


class Lab(ExitStack):
    """Environment of one suite, removed when the suite ends."""

    @cached_property
    def folder(self) -> Path:
        """A scratch folder."""
        return Path(self.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))

    def host(self, number: int = 0, flavour: str = "hardened") -> hosts.Host:
        """Create a test host that is removed with the suite."""
        host = hosts.up(f"bench-{os.getpid()}-{number}", flavour=flavour)
        self.callback(host.down)
        return host

    @cached_property
    def bench(self) -> Bench:
        """Create an inventory of one test host."""
        return Bench(self.folder, self.host())


class Bench:
    """Inventory in a folder, and the programs that are measured with it."""

    name = NAME

    def __init__(self, folder: Path, host: hosts.Host, python: str = sys.executable) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.host, self.python = folder, host, python
        found = binary.obtain()
        self.newer = {
            "registry_distribution_source": "file",
            "registry_distribution_path": found["path"],
            "registry_distribution_checksum": f"sha256:{found['sha256']}",
        }
        self.variables = {
            **host.inventory_vars(),
            "registry_hostname": NAME,
            "registry_auth_users": [{"name": "alice", "password": PASSWORD}],
        }
        (folder / "ping.yml").write_text(yaml.safe_dump(PING))
        self.write()

    def write(self, **changes: object) -> None:
        """Write the inventory with some settings changed."""
        own = {**self.variables, **self.newer, **changes}
        own = {name: value for name, value in own.items() if value is not None}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"registry": {"hosts": {"r1": own}}}))

    def deploy(self) -> float:
        """Deploy over a new connection; return the seconds."""
        return self.holdfast("deploy")

    def holdfast(self, verb: str, *more: str) -> float:
        """Run a verb on the inventory, over a new connection; return the seconds."""
        return self.time(self.python, "-m", "holdfast", verb, "-i", str(self.folder), *more)

    def ping(self) -> float:
        """Run the one-ping playbook over a new connection; return the seconds."""
        return self.play(self.folder / "ping.yml")

    def play(self, playbook: Path, environment: Mapping[str, str] | None = None) -> float:
        """Run any playbook on the inventory, over a new connection; return the seconds."""
        argv = (self.program("ansible-playbook"), "-i", str(self.folder / "hosts.yml"))
        return self.time(*argv, str(playbook), environment=environment)

    def program(self, name: str) -> str:
        """Return the path of a program beside our own Python."""
        return str(Path(sys.executable).with_name(name))

    def time(self, *argv: str, environment: Mapping[str, str] | None = None) -> float:
        """Return the seconds of a program; old ssh connections are closed first."""
        # In a folder of their own: nobody else's connections are closed.
        sockets = self.folder / "cp"
        for one in sockets.glob("*"):
            subprocess.run(["ssh", "-O", "exit", "-S", one, "x"], capture_output=True, check=False)
        own = {
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
            "XDG_STATE_HOME": str(self.folder / "rendered"),
            **(environment or {}),
        }
        begun = time.monotonic()
        done = subprocess.run(
            argv, env={**os.environ, **own}, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - begun
        if done.returncode:
            raise RuntimeError(f"{argv}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return seconds

    @property
    def trust(self) -> Path:
        """Authority that the clients trust."""
        return self.folder / "trusted.crt"

    def client(self) -> Client:
        """Return a client that is logged in."""
        if not self.trust.exists():
            shutil.copy(self.folder / "pki" / "ca.crt", self.trust)
        trust = str(self.trust)
        return over_tls(NAME, 443, address=self.host.address, cafile=trust, timeout=60).login(
            "alice", PASSWORD
        )
