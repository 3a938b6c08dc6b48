"""Real clients print the sentence of a refusal, and push nothing else in its place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
)

from holdfast.preview import Preview
from testhosts import binary
from tests.integration.gated import PASSWORD, behind_gate, client
from tests.skips import lacks

RULES = [
    {"repositories": ["**"], "names": ["team/*"]},
    {"repositories": ["team/*"], "immutable": ["v*"]},
    {"repositories": ["team/labelled"], "require_labels": ["owner"]},
    {"repositories": ["team/warned"], "tags": ["latest"], "action": "warn"},
]
QUOTAS = [{"repositories": ["team/full"], "bytes": 10}]
FIRST, SECOND = two_layer_image("first"), two_layer_image("second")
REFUSED = {
    "team/kept:v1": f"tag v1 of team/kept is immutable and is {FIRST.digest}: push under another",
    "nobody:v1": "no repository may have the name nobody: push to one with a name like team/*",
    "team/labelled:v1": "the image lacks the label owner: build it with --label owner=...",
    "team/full:v1": "the quota of team/full is used up: 0 bytes of 10 bytes are used",
}


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    rules = {"registry_push_rules": RULES, "registry_quotas": QUOTAS}
    with behind_gate(registry_binary, "memory", **rules) as running:
        client(running).push("team/kept", "v1", FIRST)
        yield running


def layout(folder: Path, image: Image) -> Path:
    """Write an image as an OCI layout, with the tag `it`."""
    for digest, content in {**image.blobs, image.digest: image.manifest}.items():
        path = folder / "blobs" / digest.replace(":", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    entry = {"mediaType": MANIFEST_TYPE, "digest": image.digest, "size": len(image.manifest)}
    named = {**entry, "annotations": {"org.opencontainers.image.ref.name": "it"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    return folder


def command(kind: str, preview: Preview, folder: Path, image: Image, aim: str) -> list[str]:
    """Return the command by which a client pushes an image; it is logged in."""
    place = f"localhost:{preview.settings.proxy.port}"
    source = layout(folder / "layout", image)
    login = f"alice:{PASSWORD}"
    (folder / "ca.crt").write_bytes(preview.ca_file.read_bytes())
    if kind == "skopeo":
        trust = ["--dest-cert-dir", str(folder), "--dest-creds", login]
        return ["skopeo", "copy", *trust, f"oci:{source}:it", f"docker://{place}/{aim}"]
    (folder / "config.json").write_text(
        json.dumps({"auths": {place: {"username": "alice", "password": PASSWORD}}})
    )
    if kind == "crane":
        return [str(binary.tool("crane")), "push", str(source), f"{place}/{aim}"]
    if not shutil.which("podman"):
        lacks("hosts", "podman")
    # It takes 50 bytes for this path.
    short = preview.scratch / "podman"
    podman = ["podman", "--root", f"{folder}/root", "--runroot", str(short)]
    podman += ["--storage-driver", "vfs"]
    done = subprocess.run(
        [*podman, "pull", "-q", f"oci:{source}:it"], capture_output=True, text=True, check=True
    )
    trust = ["--cert-dir", str(folder), "--creds", login, "--format", "oci"]
    return [*podman, "push", *trust, done.stdout.strip(), f"docker://{place}/{aim}"]


def run(
    kind: str, preview: Preview, folder: Path, image: Image, aim: str
) -> subprocess.CompletedProcess[str]:
    argv = command(kind, preview, folder, image, aim)
    environment = {
        **os.environ,
        "SSL_CERT_FILE": str(preview.ca_file),
        "DOCKER_CONFIG": str(folder),
    }
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("aim", REFUSED)
@pytest.mark.parametrize("kind", ["skopeo", "crane", "podman"])
def test_a_client_prints_the_reason(preview: Preview, tmp_path: Path, kind: str, aim: str) -> None:
    done = run(kind, preview, tmp_path, SECOND, aim)
    assert done.returncode, done.stdout
    said = done.stdout + done.stderr
    assert "denied: " in said.lower()
    assert REFUSED[aim] in said
    repository, _, tag = aim.partition(":")
    reply = client(preview).request("HEAD", f"/v2/{repository}/manifests/{tag}")
    assert reply.headers.get("Docker-Content-Digest") in (None, FIRST.digest)


@pytest.mark.parametrize("kind", ["skopeo", "crane", "podman"])
def test_a_client_can_push_the_same_again_and_what_is_warned_of(
    preview: Preview, tmp_path: Path, kind: str
) -> None:
    done = run(kind, preview, tmp_path, FIRST, "team/warned:test")
    assert done.returncode == 0, done.stderr
    if kind != "podman":  # it compresses layers again
        again = run(kind, preview, tmp_path / "again", FIRST, "team/kept:v1")
        assert again.returncode == 0, again.stderr
