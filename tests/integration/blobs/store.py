"""A store that a real registry filled, with some damage."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_unix,
    two_layer_image,
)

from tests.integration.blobs.requests import NAME, REPOSITORY
from tests.integration.conftest import registry_process

CONTENT = {"small": b"s" * 4096, "empty": b"", "large": bytes(range(256)) * 6000}
CONTENT |= {
    name: name.encode() * 100
    for name in ("foreign", "deleted", "gone", "linked", "folder", "unlinked")
}
PLAIN = ("team/other", "a", "0", "a/b/c/d/e/f", "a.b/c_d/e__f/g-h/i---j", "hub/thing")
"""Other repositories that have the blob `small`."""


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@cache
def words() -> dict[str, str]:
    """Return the texts for the braces of a case."""
    found = {name: digest_of(content) for name, content in CONTENT.items()}
    hexadecimal = found["small"].removeprefix("sha256:")
    manifest = digest_of(two_layer_image("twins").manifest)
    return {
        **found,
        "hex": hexadecimal,
        "SMALL": f"sha256:{hexadecimal.upper()}",
        "manifest": manifest,
        "sha512": f"sha512:{hashlib.sha512(CONTENT['small']).hexdigest()}",
        "missing": f"sha256:{'ab' * 32}",
    }


def spelled(data: bytes, auth: str) -> bytes:
    """Return the bytes of a case with its digests and its login."""
    for word, digest in words().items():
        data = data.replace(b"{%s}" % word.encode(), digest.encode())
    return data.replace(b"%AUTH%\r\n", f"{auth}\r\n".encode() if auth else b"")


def put(client: Client, repository: str, content: bytes, digest: str = "") -> None:
    """Push one blob; `digest` is another one than that by SHA-256."""
    place = client.request("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
    path = place.removeprefix(f"https://{NAME}") + f"&digest={digest or digest_of(content)}"
    assert client.request("PUT", path, content).status == 201


def fill(binary: Path, directory: Path) -> Path:
    """Fill a store with a registry without logins, and damage it; return its directory."""
    with registry_process(binary, directory, delete=True) as listening:
        client = over_unix(str(listening), NAME)
        client.push(REPOSITORY, "latest", two_layer_image("twins"))
        for name, content in CONTENT.items():
            put(client, "team/other" if name == "foreign" else REPOSITORY, content)
        for repository in PLAIN:
            put(client, repository, CONTENT["small"])
        put(client, REPOSITORY, CONTENT["small"], words()["sha512"])
        path = f"/v2/{REPOSITORY}/blobs/{digest_of(CONTENT['deleted'])}"
        assert client.request("DELETE", path).status == 202
    harm(directory / "data")
    return directory / "data"


def harm(data: Path) -> None:
    """Damage some blobs in ways that no registry does."""
    place_of(data, "gone").unlink()
    outside = data.with_name("outside")
    place_of(data, "linked").rename(outside)
    place_of(data, "linked").symlink_to(outside)
    place_of(data, "folder").unlink()
    place_of(data, "folder").mkdir()
    name = digest_of(CONTENT["unlinked"]).removeprefix("sha256:")
    layers = data / f"docker/registry/v2/repositories/{REPOSITORY}/_layers/sha256"
    (layers / name / "link").unlink()


def place_of(data: Path, name: str) -> Path:
    """Return the path of a blob."""
    found = digest_of(CONTENT[name]).removeprefix("sha256:")
    return data / f"docker/registry/v2/blobs/sha256/{found[:2]}/{found}/data"
