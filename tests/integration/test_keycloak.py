"""A real Keycloak vouches for the real registries, as docs/access-external.md sets it up."""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from demo.image import write_layout
from holdfast.certificates import Authority
from holdfast.doctor import TokenPolicy, examine
from holdfast.jwks.watch import Watched, look, refresh
from holdfast.preview import Preview
from holdfast.rendering import render
from holdfast.settings import Settings, parse
from holdfast.settings.load import load_files
from holdfast.verification import Login, Target, run
from holdfast.verification.controls import chosen
from testhosts import binary, keycloak
from testhosts.machine import HarnessError
from tests.skips import lacks

PACKAGED = {"registry_distribution_source": "package", "registry_platform": "debian12"}
BUILT = {"registry_distribution_checksum": "sha256:" + "a" * 64}
VERSIONS = {"3.1.1": BUILT, "2.8.2": PACKAGED}


class PinnedKeycloak(NamedTuple):
    """An inventory's folder, in which the keys of a Keycloak are pinned."""

    keycloak: keycloak.Keycloak
    folder: Path
    ca: Path

    def settings(self, version: str, **more: object) -> Settings:
        """Return the settings of a registry that trusts it."""
        return parse(load_files(self.flat(version, **more), self.folder)[0])

    def flat(self, version: str, **more: object) -> dict[str, Any]:
        """Return the same as an inventory has it."""
        return {
            "registry_hostname": "registry.example.com",
            "registry_auth_mode": "external_token",
            "registry_auth_realm": self.keycloak.realm,
            "registry_auth_issuer": self.keycloak.url,
            "registry_auth_service": keycloak.SERVICE,
            "registry_auth_keys": self.keycloak.keys,
            "registry_auth_keys_ca": str(self.ca),
            **VERSIONS[version],
            **more,
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PinnedKeycloak]:
    """A Keycloak that runs, and its keys pinned."""
    folder = tmp_path_factory.mktemp("keycloak")
    company = Authority.create("company", 30, datetime.now(UTC))
    pair = company.issue("localhost", 30, datetime.now(UTC))
    texts = {"ca.crt": company.root_pem, "tls.crt": pair.certificate_pem, "tls.key": pair.key_pem}
    ca, certificate, key = (folder / name for name in texts)
    for name, text in texts.items():
        (folder / name).write_text(text)
    try:
        keycloak.obtain()
    except HarnessError as error:
        lacks("keycloak", str(error))
    with keycloak.running(folder / "log", certificate, key, ca) as one:
        found = PinnedKeycloak(one, folder, ca)
        watched = Watched.of(found.flat("3.1.1"), folder)
        assert watched
        assert look(watched)[0] == "failed"
        refresh(watched, datetime.now(UTC))
        yield found


class Clients(NamedTuple):
    """Clients that trust the registry and Keycloak, with their logins in a folder."""

    folder: Path
    registry: str

    def run(self, *argv: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a client."""
        known = {"SSL_CERT_FILE": str(self.folder / "both.crt"), "DOCKER_CONFIG": str(self.folder)}
        environment = {**os.environ, **known, "HOME": str(self.folder)}
        return subprocess.run(
            argv, input=text, capture_output=True, text=True, check=False, env=environment
        )

    def crane(self, *argv: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run crane."""
        return self.run(str(binary.tool("crane")), *argv, text=text)

    def skopeo(self, verb: str, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run skopeo with the logins of crane."""
        kept = ("--authfile", str(self.folder / "config.json"))
        return self.run("skopeo", verb, *kept, *argv)


@pytest.fixture(scope="module", params=VERSIONS)
def clients(
    request: pytest.FixtureRequest,
    place: PinnedKeycloak,
    registry_binary: Path,
    packaged_registry_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Clients]:
    """Clients of a registry that trusts this Keycloak, behind the proxy of a preview."""
    folder = tmp_path_factory.mktemp("clients")
    binaries = {"3.1.1": registry_binary, "2.8.2": packaged_registry_binary}
    settings = place.settings(request.param)
    with Preview(settings, binaries[request.param]) as preview:
        both = preview.ca_file.read_text() + place.ca.read_text()
        (folder / "both.crt").write_text(both)
        write_layout(Path("/bin/true"), folder / "image")
        yield Clients(folder, preview.settings.authority)


def test_login_push_and_pull(clients: Clients) -> None:
    login = ("auth", "login", clients.registry, "-u", keycloak.USER, "--password-stdin")
    done = clients.crane(*login, text=keycloak.PASSWORD)
    assert done.returncode == 0, done.stderr
    name = f"{clients.registry}/team/app:1"
    pushed = clients.skopeo("copy", f"oci:{clients.folder / 'image'}", f"docker://{name}")
    assert pushed.returncode == 0, pushed.stderr
    pulled = clients.crane("pull", name, str(clients.folder / "app.tar"))
    assert pulled.returncode == 0, pulled.stderr
    copied = clients.crane("copy", name, f"{clients.registry}/team/other:1")
    assert copied.returncode == 0, copied.stderr


def test_whoever_is_not_logged_in_is_refused(clients: Clients, tmp_path: Path) -> None:
    stranger = Clients(tmp_path, clients.registry)
    (tmp_path / "both.crt").write_text((clients.folder / "both.crt").read_text())
    # Keycloak gives nobody a token without a login, and says 400.
    refused = stranger.crane("manifest", f"{clients.registry}/team/app:1")
    assert refused.returncode != 0
    assert "400" in refused.stderr or "401" in refused.stderr, refused.stderr
    pair = base64.b64encode(b"alice:wrong").decode()
    login = {"auths": {clients.registry: {"auth": pair}}}
    (tmp_path / "config.json").write_text(json.dumps(login))
    wrong = stranger.crane("manifest", f"{clients.registry}/team/app:1")
    assert wrong.returncode != 0
    assert "UNAUTHORIZED" in wrong.stderr, wrong.stderr


def test_a_verification_logs_in_there(place: PinnedKeycloak, registry_binary: Path) -> None:
    settings = place.settings("3.1.1")
    known = Login(keycloak.USER, SecretStr(keycloak.PASSWORD))
    strange = Login(keycloak.USER, SecretStr("wrong"))
    with Preview(settings, registry_binary) as preview:
        ca = place.ca.read_text()
        target = Target("r1", preview.settings, None, "127.0.0.1", preview.ca_file, issuer_ca=ca)
        found = [
            run([replace(target, login=login)], controls=chosen(only=["images", "auth"]))
            for login in (known, strange, None)
        ]
    right, wrong, nobody = ({one.check: one for one in each.outcomes} for each in found)
    assert [one.text for one in found[0].failures] == []
    assert right["images.push"].state == right["auth.right-password"].state == "passed"
    assert f"GET {place.keycloak.realm} → 200" in right["auth.right-password"].evidence
    assert wrong["auth.right-password"].state == "failed"
    assert nobody["images.push"].state == "not_checked"


def test_the_doctor_agrees(place: PinnedKeycloak) -> None:
    query = {"service": keycloak.SERVICE, "scope": "repository:team/app:pull"}
    login = base64.b64encode(f"{keycloak.USER}:{keycloak.PASSWORD}".encode()).decode()
    requested = urllib.request.Request(
        f"{place.keycloak.realm}?{urlencode(query)}", headers={"Authorization": f"Basic {login}"}
    )
    context = ssl.create_default_context(cafile=str(place.ca))
    with urllib.request.urlopen(requested, context=context, timeout=30) as answer:
        token = json.load(answer)["token"]
    for version in VERSIONS:
        settings = place.settings(version)
        trust = TokenPolicy.of(render(settings), settings.version)
        assert examine(token, trust, time.time(), query["scope"]).accepted
        later = examine(token, trust, time.time() + 1000, "repository:team/app:push")
        assert later.reasons == ["expired", "scope"]
        wrong = place.settings(version, registry_auth_issuer=place.keycloak.url + "/")
        found = examine(token, TokenPolicy.of(render(wrong), wrong.version), time.time())
        assert found.reasons == ["issuer"]


def test_its_own_jwks_as_it_is_would_be_refused(place: PinnedKeycloak) -> None:
    """Proves that keys need other names; it fails if Keycloak changes."""
    kids = {key.given for key in place.settings("3.1.1").auth.trusted}
    assert kids.isdisjoint(key.libtrust for key in place.settings("3.1.1").auth.trusted)


def test_what_it_shows_is_what_is_pinned(place: PinnedKeycloak) -> None:
    watched = Watched.of(place.flat("3.1.1"), place.folder)
    assert watched
    with ThreadPoolExecutor(1) as pool:
        state, text = pool.submit(look, watched).result()
    assert state == "ok", text
