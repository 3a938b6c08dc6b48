"""Systemd test hosts, and the holdfast command run against them as a user would."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
)
from cryptography import x509

from testhosts import binary, hosts
from testhosts.hosts import Host
from testhosts.machine import doctor
from tests.hosts import witness
from tests.skips import lacks

NAME = "images.holdfast.test"
MAINTENANCE = "holdfast-certificates.service"
PASSWORD = "correct-horse-battery"

LONGEST = (
    *("test_sabotage", "test_clients", "test_judged", "test_acme", "test_healing"),
    *("test_deploy", "test_tokens", "test_s3", "test_interruptions", "test_cache"),
)
"""Files that take minutes. They begin first, so that no processor waits for one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    items.sort(key=lambda item: [*LONGEST, item.path.stem].index(item.path.stem))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the hosts say to the report of a test that failed."""
    report = yield
    if report.failed:
        report.sections += witness.testimony()
    return report


@dataclass
class Site:
    """An inventory with one host, and what is done with it."""

    host: Host
    folder: Path
    variables: dict[str, Any] = field(default_factory=dict)

    def holdfast(self, *arguments: str, **changes: Any) -> subprocess.CompletedProcess[str]:
        """Run the command on this inventory, with these settings changed for this run."""
        self.write(**changes)
        argv = [sys.executable, "-m", "holdfast", *arguments, "-i", str(self.folder)]
        environment = {**os.environ, "XDG_STATE_HOME": str(self.folder / "rendered")}
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=300, env=environment
        )

    def deploy(self, *arguments: str, **changes: Any) -> str:
        """Deploy, which has to succeed; return the output. The changes are kept."""
        self.variables.update(changes)
        done = self.holdfast("deploy", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def write(self, **changes: Any) -> None:
        """Write the inventory."""
        own = {**self.host.inventory_vars(), **self.variables, **changes}
        own = {name: value for name, value in own.items() if value is not None}
        text = yaml.safe_dump({"registry": {"hosts": {"r1": json.loads(json.dumps(own))}}})
        (self.folder / "hosts.yml").write_text(text)

    def client(
        self,
        username: str = "alice",
        password: str = PASSWORD,
        *,
        trust: Path | None = None,
        pair: tuple[str, str] | None = None,
    ) -> Client:
        """Return a client that trusts the site's own authority and is logged in."""
        ca = str(trust or self.folder / "pki" / "ca.crt")
        # A machine that is busy with other tests can stall for seconds: that is no lost request.
        anyone = over_tls(NAME, 443, address=self.host.address, cafile=ca, timeout=60, pair=pair)
        return anyone.login(username, password)

    def shown(self, trust: Path | None = None) -> x509.Certificate:
        """Return the certificate that a new connection gets."""
        ca = trust or self.folder / "pki" / "ca.crt"
        context = ssl.create_default_context(cafile=str(ca))
        with (
            socket.create_connection((self.host.address, 443), 10) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as secured,
        ):
            return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")

    def care(self) -> subprocess.CompletedProcess[str]:
        """Run the host's certificate maintenance, as its timer does; return the unit's log."""
        self.host.run(f"systemctl start {MAINTENANCE}", check=False)
        return self.host.run(
            f"journalctl -u {MAINTENANCE} -o cat -n 8; systemctl is-failed {MAINTENANCE}",
            check=False,
        )

    def current(self) -> int:
        """Return the serving generation."""
        return int(self.host.run("basename $(readlink /etc/holdfast/current)").stdout)


@pytest.fixture(scope="session")
def registry() -> dict[str, str]:
    """The real registry 3.1.1: path, version, sha256."""
    return binary.obtain()


@pytest.fixture(scope="module")
def new_site(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    registry: dict[str, str],
) -> Iterator[Callable[..., Site]]:
    """Make sites on fresh hosts: `new_site(platform="debian12")`. They go with the module."""
    problems = doctor()
    if problems:
        lacks("hosts", "; ".join(problems))
    made: list[Host] = []

    def make(platform: str = "debian13", flavour: str = "ready", **variables: Any) -> Site:
        name = f"{request.module.__name__.rsplit('_', 1)[1]}{len(made)}-{os.getpid()}"
        host = hosts.up(name, platform, flavour)
        made.append(host)
        witness.UP.append(host)
        settings = {
            "registry_hostname": NAME,
            "registry_platform": platform,
            "registry_distribution_source": "file",
            "registry_distribution_path": registry["path"],
            "registry_distribution_checksum": f"sha256:{registry['sha256']}",
            "registry_auth_users": [{"name": "alice", "password": PASSWORD}],
            **variables,
        }
        return Site(host, tmp_path_factory.mktemp("site"), settings)

    yield make
    for host in made:
        witness.UP.remove(host)
        host.down()
