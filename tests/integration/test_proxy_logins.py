"""The modes in which the proxy checks logins, or nobody does: verified, and by real clients."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
    over_unix,
    two_layer_image,
)

from demo.image import write_layout
from holdfast.settings import Settings, parse
from holdfast.verification import Target, run
from holdfast.verification.controls import chosen
from testhosts import binary
from tests.integration import pairs
from tests.integration.test_verification import two_ports

PASSWORD = "correct-horse-battery"
ALICE = {"registry_auth_users": [{"name": "alice", "password": PASSWORD}]}
CHECKSUM = {"registry_distribution_checksum": "sha256:" + "0" * 64}
MODES: dict[str, dict[str, Any]] = {
    "none": {"registry_auth_mode": "none"},
    "htpasswd": ALICE,
    "anonymous": {**ALICE, "registry_auth_anonymous": "pull"},
    "read-only": {**ALICE, "registry_storage_readonly": True},
    "anonymous and read-only": {
        **ALICE,
        "registry_auth_anonymous": "pull",
        "registry_storage_readonly": True,
    },
    "none and read-only": {"registry_auth_mode": "none", "registry_storage_readonly": True},
}


@dataclass(frozen=True)
class Site:
    """A registry of one mode, and how it is reached."""

    settings: Settings
    cafile: Path
    directory: Path

    def client(self) -> Client:
        return over_tls(
            self.settings.hostname,
            self.settings.proxy.port,
            address="127.0.0.1",
            cafile=str(self.cafile),
        )

    def fill(self) -> None:
        """Push an image past the proxy, and past what makes it read-only."""
        client = over_unix(str(self.directory / "run/registry.sock"), self.settings.hostname)
        client.push("team/image", "latest", two_layer_image("modes"))


@contextmanager
def site(directory: Path, registry: Path, hostname: str, changes: dict[str, Any]) -> Iterator[Site]:
    port, http_port = two_ports()
    settings = parse(
        {
            "registry_hostname": hostname,
            "registry_platform": "debian12",
            **({} if "package" in changes.values() else CHECKSUM),
            "registry_storage_directory": str(directory / "data"),
            "registry_proxy_addresses": ["127.0.0.1"],
            "registry_proxy_port": port,
            "registry_proxy_http_port": http_port,
            **changes,
        }
    )
    cafile = pairs.prepare(directory, settings)
    with (
        pairs.registry(registry, directory, settings),
        pairs.proxy(directory, settings, lambda text: text),
    ):
        yield Site(settings, cafile, directory)


@pytest.mark.parametrize("mode", MODES)
def test_what_we_render_passes(mode: str, tmp_path: Path, registry_binary: Path) -> None:
    with site(tmp_path, registry_binary, "registry.test.example", MODES[mode]) as made:
        target = Target("r1", made.settings, address="127.0.0.1", cafile=made.cafile)
        results = run([target], controls=chosen(intrusive=True))
    assert [outcome.text for outcome in results.failures] == []
    passed = {outcome.check for outcome in results.outcomes if outcome.state == "passed"}
    wanted = {"auth.open"} if "none" in mode else {"auth.limited", "auth.warm-client"}
    wanted |= {"storage.readonly"} if "read-only" in mode else {"images.push", "images.pull"}
    wanted |= {"auth.anonymous-pull", "auth.asked"} if "anonymous" in mode else set()
    assert wanted <= passed


@pytest.mark.parametrize("version", ["2.8.2", "3.1.1"])
def test_a_read_only_registry_says_so_and_serves(
    version: str, tmp_path: Path, registry_binary: Path, packaged_registry_binary: Path
) -> None:
    program = {"2.8.2": packaged_registry_binary, "3.1.1": registry_binary}[version]
    package = version == "2.8.2"
    changes = {**ALICE, "registry_distribution_source": "package" if package else "release"}
    with site(tmp_path, program, "registry.test.example", changes) as before:
        before.fill()
    changes["registry_storage_readonly"] = True
    with site(tmp_path, program, "registry.test.example", changes) as made:
        alice = made.client().login("alice", PASSWORD)
        assert alice.pull("team/image", "latest") == two_layer_image("modes")
        refused = alice.request("POST", "/v2/team/image/blobs/uploads/")
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")
        assert b"this registry is read-only" in refused.body
        past = over_unix(str(tmp_path / "run/registry.sock"), made.settings.hostname)
        assert past.request("POST", "/v2/team/image/blobs/uploads/").status == 405


ODD = [
    *("GET /v2/_catalog", "GET /v2/", "GET /v2/team/image/blobs/uploads/x", "GET /v2/a//tags/list"),
    *("GET /v2/../v2/_catalog", "GET /v2/a/../_catalog/tags/list", "GET /v2/%5fcatalog"),
    *("POST /v2/team/image/blobs/uploads/", "PUT /v2/team/image/manifests/latest"),
    *("DELETE /v2/team/image/manifests/latest", "PATCH /v2/team/image/tags/list"),
    *("GET /v2/_catalog?x=/v2/a/tags/list", "GET /v2/team/image/manifests/latest/x"),
    *("GET /v2/team/image/blobs/sha256:../uploads", "GET /v2/A/tags/list"),
]


def test_anybody_may_pull_and_nothing_else(tmp_path: Path, registry_binary: Path) -> None:
    with site(tmp_path, registry_binary, "registry.test.example", MODES["anonymous"]) as made:
        made.fill()
        anyone = made.client()
        assert anyone.pull("team/image", "latest") == two_layer_image("modes")
        blob = next(iter(two_layer_image("modes").blobs))
        assert anyone.request("HEAD", f"/v2/team/image/blobs/{blob}").status == 200
        assert anyone.request("GET", "/v2/team/image/tags/list?n=1").status == 200
        nobody = {"Authorization": "Bearer -anonymous-"}
        for line in ODD:
            verb, path = line.split(" ")
            assert anyone.request(verb, path).status in (401, 404), line
            # Anybody's token is one: /v2/ says so, and nothing else is given for it.
            wanted = (200,) if line == "GET /v2/" else (401, 404)
            assert anyone.request(verb, path, b"", nobody).status in wanted, line


def test_a_login_is_looked_at_beside_any_body(tmp_path: Path, registry_binary: Path) -> None:
    """Send a body of 3 MiB with the first request of a login: nothing is remembered yet."""
    with site(tmp_path, registry_binary, "registry.test.example", MODES["htpasswd"]) as made:
        alice = made.client().login("alice", PASSWORD)
        reply = alice.request("PUT", "/v2/team/image/manifests/1", b"x" * (3 << 20))
    assert (reply.status, b"MANIFEST_INVALID" in reply.body) == (400, True)


def test_a_wrong_login_is_not_taken_for_none(tmp_path: Path, registry_binary: Path) -> None:
    def token(user: str, password: str) -> str:
        return base64.b64encode(f"{user}:{password}".encode()).decode()

    with site(tmp_path, registry_binary, "registry.test.example", MODES["anonymous"]) as made:
        made.fill()
        path, anyone = "/v2/team/image/tags/list", made.client()
        assert anyone.login("alice", "wrong-password").request("GET", path).status == 401
        for scheme, secret, status in (
            ("Bearer", token("alice", PASSWORD), 200),
            ("Bearer", token("alice", "wrong-password"), 401),
            ("Bearer", "garbage", 401),
            ("Bearer", "-other-", 401),
            ("Basic", "!!", 401),
        ):
            headers = {"Authorization": f"{scheme} {secret}"}
            assert anyone.request("GET", path, b"", headers).status == status, (scheme, secret)
        reply = anyone.request("GET", "/token?service=x&scope=repository:a:pull")
        assert (reply.status, json.loads(reply.body)["token"]) == (200, "-anonymous-")
        assert anyone.login("alice", "wrong-password").request("GET", "/token").status == 401
        reply = anyone.login("alice", PASSWORD).request("GET", "/token")
        assert json.loads(reply.body)["token"] == token("alice", PASSWORD)
        assert anyone.request("POST", "/token").status == 405
        log = (tmp_path / "logs/access.log").read_text()
        assert log.count('"user":"alice"') >= 5
        assert token("alice", PASSWORD) not in log


class Tool:
    """A real client, with a home of its own."""

    def __init__(self, name: str, made: Site, home: Path) -> None:
        self._name, self._made = name, made
        self._login, self._trust = home / "auth.json", home / "trust"
        self._trust.mkdir(parents=True)
        shutil.copy(made.cafile, self._trust / "ca.crt")
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "DOCKER_CONFIG": str(home),
            "SSL_CERT_FILE": str(made.cafile),
            "REGISTRY_AUTH_FILE": str(self._login),
        }
        self.place = f"localhost:{made.settings.proxy.port}"
        self._layout = home / "image"
        write_layout(Path("/bin/true"), self._layout)

    def run(self, *argv: object, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(part) for part in argv],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
        )

    def login(self, password: str) -> bool:
        user, stdin = ("-u", "alice"), "--password-stdin"
        if self._name == "crane":
            done = self.run(
                binary.tool("crane"), "auth", "login", self.place, *user, stdin, text=password
            )
            # It keeps what it is given; the first request tells.
            return done.returncode == 0
        return (
            self.run(
                *(self._name, "login", *user, stdin, "--cert-dir", self._trust, self.place),
                text=password,
            ).returncode
            == 0
        )

    def push(self) -> subprocess.CompletedProcess[str]:
        name = f"{self.place}/team/{self._name}:latest"
        if self._name == "crane":
            return self.run(binary.tool("crane"), "push", self._layout, name)
        trust = ("--dest-cert-dir", self._trust)
        return self.run("skopeo", "copy", *trust, f"oci:{self._layout}", f"docker://{name}")

    def pull(self) -> subprocess.CompletedProcess[str]:
        name = f"{self.place}/team/image:latest"
        if self._name == "crane":
            return self.run(binary.tool("crane"), "manifest", name)
        return self.run("skopeo", "inspect", "--raw", "--cert-dir", self._trust, f"docker://{name}")


EXPECTED = {
    # mode: pull without a login, push without, push with
    "none": (True, True, True),
    "htpasswd": (False, False, True),
    "anonymous": (True, False, True),
    "read-only": (False, False, False),
}


@pytest.mark.parametrize("name", ["skopeo", "crane"])
@pytest.mark.parametrize("mode", EXPECTED)
def test_real_clients(name: str, mode: str, tmp_path: Path, registry_binary: Path) -> None:
    pulls, pushes, pushes_in = EXPECTED[mode]
    with site(tmp_path / "site", registry_binary, "localhost", ALICE) as first:
        first.fill()
    with site(tmp_path / "site", registry_binary, "localhost", MODES[mode]) as made:
        tool = Tool(name, made, tmp_path / "home")
        done = tool.pull()
        assert (done.returncode == 0) is pulls, done.stderr
        done = tool.push()
        assert (done.returncode == 0) is pushes, done.stderr
        if mode in ("htpasswd", "anonymous") and name != "crane":
            assert not tool.login("a-wrong-password")
        assert tool.login(PASSWORD)
        done = tool.pull()
        assert done.returncode == 0, done.stderr
        done = tool.push()
        assert (done.returncode == 0) is pushes_in, done.stderr
        if mode == "read-only":
            assert "405" in done.stderr or "read-only" in done.stderr
