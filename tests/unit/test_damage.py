"""Damages to a host are seen where a look is enough: store, manifest, certificates, secret."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import (
    preflight,
    prerequisites,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.storage import ownership
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths, systemd

from tests.skips import lacks

OWNER = pwd.getpwnam("nobody")
READERS = grp.getgrnam("daemon")
DATA = "docker/registry/v2/blobs/sha256/aa/data"


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store as the registry makes it."""
    if os.geteuid() != 0:
        lacks("root", "owners are changed")
    monkeypatch.setattr(storage_preflight, "USER", OWNER.pw_name)
    monkeypatch.setattr(storage_preflight, "GROUP", READERS.gr_name)
    path = tmp_path / "images" / DATA
    path.parent.mkdir(parents=True)
    path.write_text("content")
    for one in (tmp_path / "images", *(tmp_path / "images").rglob("*")):
        os.chown(one, OWNER.pw_uid, READERS.gr_gid)
        one.chmod(0o750 if one.is_dir() else 0o640)
    return tmp_path / "images"


DAMAGES = ["chown -R 0 {}", "chown -R :0 {}", "chmod -R go= {}", "chmod -R 0 {}"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_store_is_given_back(images: Path, damage: str) -> None:
    assert ownership.problems(str(images), "0750") == []
    assert not ownership.restore(str(images), "0750")
    subprocess.run(damage.format(images).split(), check=True)
    (images / "docker/link").symlink_to("/etc/passwd")
    assert "has an owner or rights that" in ownership.problems(str(images), "0750")[0]
    assert ownership.restore(str(images), "0750")
    assert ownership.problems(str(images), "0750") == []
    status = (images / DATA).stat()
    assert (status.st_uid, status.st_gid) == (OWNER.pw_uid, READERS.gr_gid)
    assert status.st_mode & 0o640 == 0o640
    assert Path("/etc/passwd").stat().st_uid == 0


def test_a_store_without_other_readers_needs_none(images: Path) -> None:
    subprocess.run(["chmod", "-R", "go=", str(images)], check=True)
    assert ownership.problems(str(images), "0700") == []


def test_an_adopted_store_that_everybody_reads_is_left(images: Path) -> None:
    subprocess.run(["chown", "-R", f"{OWNER.pw_uid}:0", str(images)], check=True)
    subprocess.run(["chmod", "-R", "o+rX", str(images)], check=True)
    assert ownership.problems(str(images), "0750") == []


@pytest.mark.parametrize("text", ["", "{", "[1]", "5", '{"number": 1}', '{"files": []}'])
def test_a_damaged_manifest_is_none(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "generations/3"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text)
    assert Store(str(tmp_path)).manifest(3) == {}
    assert Store(str(tmp_path)).damage(3) == ["its manifest cannot be read"]
    assert Store(str(tmp_path)).instances(3) == {}


@pytest.mark.parametrize("damage", ["", "-----BEGIN PRIVATE KEY-----\n", "another"])
def test_a_key_that_serves_no_certificate_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(paths, "ETC", str(tmp_path))
    monkeypatch.setattr(certificate_store, "GROUP", grp.getgrgid(os.getegid()).gr_name)
    folder = tmp_path / "tls/one"
    folder.mkdir(parents=True)
    (tmp_path / "tls/current").symlink_to("one")
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    new += ["-nodes", "-subj", "/CN=x", "-out", str(folder / "certificate.pem"), "-keyout"]
    subprocess.run([*new, str(folder / "key.pem")], check=True, capture_output=True)
    (folder / "key.pem").chmod(0o640)
    assert certificate_store.links()[0] == "one"
    if damage == "another":
        damage = subprocess.run(
            ["openssl", "genpkey", "-algorithm", "ED25519"], check=True, capture_output=True
        ).stdout.decode()
    (folder / "key.pem").write_text(damage)
    assert certificate_store.links()[0] is None
    assert certificate_store.texts()["server"] == {}


@pytest.mark.parametrize("content", ["", "REGISTRY_HTTP_SECRET=", "REGISTRY_HTTP_SECRET=ab\n"])
def test_a_cut_secret_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    if os.geteuid() != 0:
        lacks("root", "the secret is root's")
    secret = tmp_path / "secrets/http.env"
    secret.parent.mkdir()
    monkeypatch.setattr(prerequisites, "SECRET", str(secret))
    secret.write_text(content)
    assert prerequisites.problems(str(tmp_path)) == [f"{secret} is damaged"]
    prerequisites._shared_secret()
    whole = secret.read_text()
    assert prerequisites.problems(str(tmp_path)) == []
    prerequisites._shared_secret()
    assert secret.read_text() == whole


def test_our_own_ports_are_known_without_a_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Listen=0.0.0.0:443 (Stream)\nListen=[::]:443 (Stream)\nListen=0.0.0.0:80 (Stream)\n"
    monkeypatch.setattr(systemd, "states", lambda *_: {paths.PORTS: "active"})
    answer = subprocess.CompletedProcess([], 0, said)
    monkeypatch.setattr(systemd, "run", lambda _: answer)
    monkeypatch.setattr(preflight, "_listening", lambda: {443: "1", 80: "2", 5000: "3"})
    monkeypatch.setattr(preflight.survey, "owner", lambda inode: f"process {inode}")
    assert preflight.ports_taken([443, 80, 5000]) == {"5000": "process 3"}


def test_a_program_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "systemd").mkdir()
    (tmp_path / "systemd/a.service").write_text("[Service]\nExecStart=/no/such/program -x\n")
    (tmp_path / "systemd/b.service").write_text(
        "[Unit]\nConditionFileIsExecutable=/no/other\n[Service]\nExecStart=/no/other\n"
    )
    assert prerequisites.missing_programs(str(tmp_path)) == ["/no/such/program"]
