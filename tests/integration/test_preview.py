"""A preview: real registry and nginx, used by real clients, and gone without a trace."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.image import write_layout
from holdfast.errors import HoldfastError, InputError
from holdfast.preview import Preview
from holdfast.settings import Settings, parse

PASSWORD = "correct-horse-battery"


def settings_with(**more: object) -> Settings:
    return parse(
        {
            "registry_hostname": "registry.example.com",
            "registry_distribution_checksum": "sha256:" + "a" * 64,
            "registry_auth_users": [{"name": "alice", "password": PASSWORD}],
            **more,
        }
    )


@pytest.fixture
def settings() -> Settings:
    return settings_with()


def skopeo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["skopeo", *arguments], capture_output=True, text=True, check=False)


def test_skopeo_pushes_and_pulls(settings: Settings, registry_binary: Path, tmp_path: Path) -> None:
    write_layout(Path("/bin/true"), tmp_path / "image")
    login = tmp_path / "auth.json"
    with Preview(settings, registry_binary) as preview:
        place = preview.settings.authority
        token = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
        login.write_text(json.dumps({"auths": {place: {"auth": token}}}))
        trust = str(preview.ca_file.parent)
        name = f"docker://{place}/team/image:latest"
        pushed = skopeo(
            *("copy", "--authfile", str(login), "--dest-cert-dir", trust),
            *(f"oci:{tmp_path / 'image'}", name),
        )
        assert pushed.returncode == 0, pushed.stderr
        pulled = skopeo(
            *("copy", "--authfile", str(login), "--src-cert-dir", trust),
            *(name, f"oci:{tmp_path / 'back'}"),
        )
        assert pulled.returncode == 0, pulled.stderr
        login.write_text(json.dumps({"auths": {}}))
        refused = skopeo("inspect", "--authfile", str(login), "--cert-dir", trust, name)
        assert refused.returncode != 0
        assert "authentication required" in refused.stderr or "unauthorized" in refused.stderr
        scratch = preview.scratch
    assert not scratch.exists()
    assert not [line for line in _commands() if str(scratch) in line]


def test_a_client_certificate_is_asked_for(registry_binary: Path, tmp_path: Path) -> None:
    asking = settings_with(registry_mtls_verify="require", registry_tls_key_type="both")
    with Preview(asking, registry_binary) as preview:
        place, trust = preview.settings.authority, preview.ca_file.parent
        login = ("--username", "alice", "--password-stdin", "--authfile", str(tmp_path / "auth"))
        # skopeo shows the certificate that lies beside the authority.
        for folder, code in ((trust, 0), (_without_pair(trust, tmp_path), 1)):
            argv = ["skopeo", "login", *login, "--cert-dir", str(folder), place]
            done = subprocess.run(argv, input=PASSWORD, capture_output=True, text=True, check=False)
            assert done.returncode == code, done.stderr
        assert "403" in done.stderr


def _without_pair(trust: Path, tmp_path: Path) -> Path:
    (tmp_path / "trust").mkdir()
    shutil.copy(trust / "ca.crt", tmp_path / "trust")
    return tmp_path / "trust"


def test_an_early_end_is_told(settings: Settings) -> None:
    with pytest.raises(HoldfastError, match="registry ended with exit code 1"):
        Preview(settings, Path("/bin/false")).__enter__()


def test_without_nginx_it_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(InputError, match="sudo apt install nginx"):
        Preview(settings, Path("/bin/false"))


def test_the_command_runs_until_it_is_interrupted(registry_binary: Path, tmp_path: Path) -> None:
    checksum = subprocess.run(["sha256sum", registry_binary], capture_output=True, check=True)
    digest = checksum.stdout.decode().split()[0]
    (tmp_path / "hosts.yml").write_text(f"""
registry:
  hosts:
    r1:
      registry_hostname: registry.example.com
      registry_distribution_source: file
      registry_distribution_path: {registry_binary}
      registry_distribution_checksum: sha256:{digest}
      registry_auth_users: [{{name: alice, password_hash: "$2b$10${"a" * 53}"}}]
""")
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    log = tmp_path / "out"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "holdfast", "preview", "-i", str(tmp_path)],
            stdout=out,
            stderr=out,
            env=environment,
        )
    try:
        deadline = time.monotonic() + 60
        while "Ctrl-C ends it." not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        # Nobody's password is known, so one was made for the preview, and is shown.
        assert "login    preview, password " in log.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert "The preview is gone" in log.read_text()
    finally:
        process.kill()


def _commands() -> list[str]:
    return subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
