"""Real clients on a machine of their own: each fails without the trust, and pulls with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from testhosts import binary, hosts
from testhosts.host import Host
from tests import trials
from tests.hosts.conftest import NAME, PASSWORD, Site

PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "client.yml"
MIRROR = "mirror.holdfast.test"
TRUST = "--hosts-dir /etc/containerd/certs.d"
PULLS = {
    "podman": ("podman", "podman pull -q {}"),
    "buildah": ("podman", "buildah pull -q --policy always {}"),
    "skopeo": ("podman", "skopeo copy -q docker://{} dir:$(mktemp -d)"),
    "docker": ("docker", "docker pull -q {}"),
    "containerd-1": ("containerd", f"ctr content fetch {TRUST} {{}}"),
    "containerd-2": ("containerd", f"ctr2 -a /run/c2/c.sock content fetch {TRUST} {{}}"),
    "crane": ("system", "crane pull --platform linux/amd64 {} $(mktemp)"),
}
"""By client: the kind that holdfast knows it as, and how it pulls."""
MIRRORED = [client for client in PULLS if client not in ("crane", "skopeo")]
"""Clients with mirrors: skopeo uses podman's library, and crane has none."""
ONE_EACH = ("podman", "docker", "containerd-2")
"""One client of each library and program, for a whole run."""
CONTAINERD2 = """
version = 3
root = "/var/lib/c2"
state = "/run/c2"
grpc = { address = "/run/c2/c.sock" }
"""
STORAGE = """
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
"""
UNKNOWN = "certificate signed by unknown authority"


@dataclass
class Machine:
    """A machine with clients, and what is brought to it."""

    host: Host
    site: Site
    folder: Path

    def role(self, state: str, *kinds: str, **more: Any) -> None:
        """Run the role for some kinds of client, or its removal."""
        given = {"kinds": list(kinds), "authority": NAME, "ca": self.ca, "state": state, **more}
        variables = {f"holdfast_client_{name}": value for name, value in given.items()}
        inventory = self.folder / "clients.yml"
        own = {**self.host.inventory_vars(), **variables}
        inventory.write_text(yaml.safe_dump({"registry_clients": {"hosts": {"build1": own}}}))
        playbook = str(Path(sys.executable).with_name("ansible-playbook"))
        argv = [playbook, "-i", str(inventory), str(PLAYBOOK)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert PASSWORD not in done.stdout

    def script(self, kind: str, *options: str, password: str = "") -> None:
        """Pipe what `holdfast client` prints to the machine's shell."""
        argv = [sys.executable, "-m", "holdfast", "client", kind, "-i", str(self.site.folder)]
        done = subprocess.run(
            [*argv, *options], input=password, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.host.run("sh", text=done.stdout)

    @property
    def ca(self) -> str:
        """Root of the registry's certificate."""
        return (self.site.folder / "pki" / "ca.crt").read_text()

    def forget(self, image: str) -> None:
        """Remove an image from the machine's own store, if it is there."""
        self.host.run(f"{{ docker rmi -f {image}; podman rmi -f {image}; }} >/dev/null 2>&1 || :")

    def pull(self, client: str, name: str = f"{NAME}/team/thing:1") -> str:
        """Pull; return the last words of a refusal, nothing after a success."""
        done = self.host.run(PULLS[client][1].format(name), check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def machine(
    new_site: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A registry with two images, and a machine with every client that can be had."""
    site = new_site(flavour="tokens")
    site.deploy()
    for repository in ("team/thing", "library/thing"):
        site.client().push(repository, "1", two_layer_image("for clients"))
    host = hosts.up(f"clients-{os.getpid()}", "debian13", "clients")
    try:
        host.run(f"echo {site.host.address} {NAME} >> /etc/hosts; mkdir -p /etc/c2")
        host.run("cat > /etc/containers/storage.conf", text=STORAGE)
        for tool, name in (("crane", "crane"), ("containerd", "containerd2"), ("ctr", "ctr2")):
            put(host, binary.tool(tool), f"/usr/local/bin/{name}")
        host.run("cat > /etc/c2/config.toml", text=CONTAINERD2)
        host.run("systemd-run -q --unit c2 containerd2 -c /etc/c2/config.toml")
        yield Machine(host, site, tmp_path_factory.mktemp("clients"))
    finally:
        host.down()


def put(host: Host, program: Path, path: str) -> None:
    """Copy a program to a host."""
    with program.open("rb") as stream:
        command = [*host.ssh_command(), f"cat > {path} && chmod 755 {path}"]
        subprocess.run(command, stdin=stream, check=True)


@pytest.mark.parametrize("client", trials.some(PULLS, [*ONE_EACH, "skopeo", "crane"]))
def test_a_client_fails_without_the_trust_and_pulls_with_it(machine: Machine, client: str) -> None:
    kind = PULLS[client][0]
    login = {"username": "alice", "password": PASSWORD}
    assert UNKNOWN in machine.pull(client)
    machine.role("present", kind, **login)
    assert machine.pull(client) == ""
    machine.role("absent", kind)
    assert UNKNOWN in machine.pull(client)
    machine.script(kind, "--user", "alice", "--home", "/root", password=PASSWORD)
    assert machine.pull(client) == ""
    machine.script(kind, "--remove", "--home", "/root")
    assert UNKNOWN in machine.pull(client)
    machine.role("absent", kind)


@pytest.fixture(scope="module")
def mirrored(machine: Machine) -> Machine:
    """Mirrors on the registry's host: of the registry itself, for docker.io."""
    site, login = machine.site, {"username": "alice", "password": PASSWORD}
    site.host.run(f"echo {site.host.address} {NAME} >> /etc/hosts")
    machine.host.run(f"echo {site.host.address} {MIRROR} >> /etc/hosts")
    upstream = {"url": f"https://{NAME}", **login}
    mirrors = [
        {"name": "hub", "hostname": MIRROR, "anonymous": True, **upstream},
        {"name": "kept", **upstream},
        {"name": "open", "anonymous": True, **upstream},
    ]
    site.deploy(registry_mirrors=mirrors, registry_service_ca=machine.ca)
    return machine


@pytest.mark.parametrize("client", trials.some(MIRRORED, ONE_EACH))
def test_a_mirror_is_asked_first(mirrored: Machine, client: str) -> None:
    access = {"authority": MIRROR, "mirror_of": "docker.io"}
    kind, image, machine = PULLS[client][0], "docker.io/library/thing:1", mirrored
    assert machine.pull(client, image)
    machine.role("present", kind, **{**access, "ca": ""})
    assert machine.pull(client, image), "the mirror is asked, and not trusted"
    machine.role("present", kind, **access)
    assert machine.pull(client, image) == ""
    machine.role("absent", kind, **access)
    machine.forget(image)
    assert machine.pull(client, image)


@pytest.mark.parametrize("client", trials.some(MIRRORED, ["containerd-2"]))
def test_a_mirror_below_a_path_is_asked_first(mirrored: Machine, client: str) -> None:
    kind, image, machine = PULLS[client][0], "docker.io/library/thing:1", mirrored
    which = ("--mirror", "open", "--mirror-of", "docker.io", "--home", "/root")
    assert machine.pull(client, image)
    machine.script(kind, *which)
    assert machine.pull(client, image) == ""
    machine.role("absent", kind, mirror_of="docker.io", mirror_path="open")
    machine.forget(image)
    assert machine.pull(client, image)


@pytest.mark.parametrize(
    "client", trials.some([one for one in MIRRORED if one != "docker"], ["podman", "containerd-2"])
)
def test_a_mirror_may_ask_for_a_login(mirrored: Machine, client: str) -> None:
    kind, image, machine = PULLS[client][0], "docker.io/library/thing:1", mirrored
    which = ("--mirror", "kept", "--mirror-of", "docker.io", "--home", "/root")
    machine.script(kind, *which)
    assert machine.pull(client, image), "the mirror asks for a login"
    machine.script(kind, *which, "--user", "alice", password=PASSWORD)
    assert machine.pull(client, image) == ""
    machine.role("absent", kind, mirror_of="docker.io", mirror_path="kept")
    machine.forget(image)
    assert machine.pull(client, image)


@pytest.fixture(scope="module")
def asking(machine: Machine) -> Machine:
    """The same registry, which requires client certificates from now on."""
    machine.site.deploy(registry_mtls_verify="require")
    return machine


@pytest.mark.parametrize(
    "client", trials.some(["podman", "docker", "containerd-1", "containerd-2"], ONE_EACH)
)
def test_a_client_shows_its_certificate(asking: Machine, client: str, tmp_path: Path) -> None:
    machine = asking
    kind, login = PULLS[client][0], {"username": "alice", "password": PASSWORD}
    made = machine.site.holdfast("client", "certificate", client, "-o", str(tmp_path))
    assert made.returncode == 0, made.stdout
    pair = {
        "certificate": (tmp_path / f"{client}.crt").read_text(),
        "key": (tmp_path / f"{client}.key").read_text(),
    }
    machine.role("present", kind, **login)
    result = machine.pull(client)
    assert "403" in result or "a client certificate is required" in result
    machine.role("present", kind, **login, **pair)
    assert machine.pull(client) == ""
    machine.role("absent", kind)


@pytest.fixture(scope="module")
def issuing(machine: Machine) -> Machine:
    """The same registry, which accepts tokens of its own issuer from now on."""
    rules = [
        {"subjects": ["user:alice"], "repositories": ["team/**"], "actions": ["push"]},
        {"subjects": ["anonymous"], "repositories": ["library/*"], "actions": ["pull"]},
    ]
    # A mirror that asks for a login takes no tokens.
    machine.site.deploy(
        registry_mtls_verify="off",
        registry_mirrors=[],
        registry_auth_mode="token",
        registry_auth_rules=rules,
    )
    return machine


PUSHES = {
    "podman": "podman tag {0} {1} && podman push -q {1}",
    "docker": "docker tag {0} {1} && docker push -q {1}",
    "buildah": "buildah tag {0} {1} && buildah push -q {1}",
    "skopeo": "skopeo copy -q docker://{0} docker://{1}",
    "crane": "crane copy {0} {1}",
}
REFUSED = ("denied", "unauthorized", "insufficient_scope", "401", "authorization failed")


@pytest.mark.parametrize("client", trials.some(PULLS, ONE_EACH))
def test_a_client_gets_tokens(issuing: Machine, client: str) -> None:
    machine, kind = issuing, PULLS[client][0]
    login = {"username": "alice", "password": PASSWORD}
    ours, others = f"{NAME}/team/thing:1", f"{NAME}/library/thing:1"
    machine.role("present", kind)
    assert machine.pull(client, others) == "", "it is open to everybody"
    refused = machine.pull(client, ours).lower()
    assert any(word in refused for word in REFUSED), refused
    if kind == "containerd":  # it takes a login from whoever asks it to pull
        command = PULLS[client][1].replace("content fetch", f"content fetch -u alice:{PASSWORD}")
        machine.host.run(command.format(ours))
    else:
        machine.role("present", kind, **login)
        assert machine.pull(client, ours) == ""
    if client in PUSHES:
        machine.host.run(PUSHES[client].format(ours, f"{NAME}/team/{client}:1"))
        done = machine.host.run(PUSHES[client].format(ours, f"{NAME}/other/thing:1"), check=False)
        assert any(word in (done.stdout + done.stderr).lower() for word in REFUSED), done
    machine.role("absent", kind)
