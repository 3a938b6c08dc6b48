"""Check chunked pushes, partial pulls, and refusals of bad content."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    digest_of,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
)

from holdfast.rendering.gated import behind_gate
from holdfast.settings import Settings
from holdfast.verification.messages import DEPLOY, listed, mismatch
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.skips import not_applicable
from holdfast.verification.target import Login

REPOSITORY = "holdfast/verify"
pytestmark = pytest.mark.usefixtures("takes_pushes")
UPLOADS = f"/v2/{REPOSITORY}/blobs/uploads/"
CONTENT = b"holdfast verify, in parts"
DIGEST = digest_of(CONTENT)
AT_ONCE, BYTES_EACH = 8, 1 << 20
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="session")
def blob(client: Client, settings: Settings) -> str:
    """Push a blob in two parts, and return its path."""
    # Made before a check is looked at: what `takes_pushes` would skip must not be tried.
    if settings.only_mirror or settings.storage.readonly:
        not_applicable("nobody can push, see images.push")
    try:
        place = _begun(client)
        for start, end in ((0, 10), (10, len(CONTENT))):
            span = {"Content-Range": f"{start}-{end - 1}", **BYTES}
            place = client.request("PATCH", place, CONTENT[start:end], span).headers["Location"]
        status: object = client.request("PUT", _with_digest(place, DIGEST)).status
    except (RegistryError, TypeError) as error:
        status = error
    assert status == 201, mismatch("a push in two parts to succeed", status)
    return f"/v2/{REPOSITORY}/blobs/{DIGEST}"


@pytest.mark.check("images.chunks")
def test_a_layer_can_be_pushed_in_parts(client: Client, blob: str) -> None:
    found = client.request("GET", blob).body
    assert found == CONTENT, mismatch(f"{len(CONTENT)} bytes", f"{len(found)} bytes")


@pytest.mark.check("images.range")
def test_a_part_of_a_layer_can_be_pulled(client: Client, blob: str) -> None:
    reply = client.request("GET", blob, headers={"Range": "bytes=4-8"})
    found = (reply.status, reply.body)
    assert found == (206, CONTENT[4:9]), mismatch(f"206 and {CONTENT[4:9]!r}", found)


@pytest.mark.check("images.head")
def test_a_layer_can_be_asked_for_without_pulling_it(client: Client, blob: str) -> None:
    reply = client.request("HEAD", blob)
    found = (reply.status, reply.headers.get("Content-Length"), reply.body)
    wanted = (200, str(len(CONTENT)), b"")
    assert found == wanted, mismatch(wanted, found)


@pytest.mark.check("images.digest")
def test_a_layer_with_another_digest_is_refused(client: Client) -> None:
    place = _begun(client)
    status = client.request("PUT", _with_digest(place, DIGEST), CONTENT + b"!", BYTES).status
    assert status == 400, mismatch("400 for bytes with another digest", status)


@pytest.mark.check("images.unknown-blob")
def test_a_manifest_of_what_is_not_there_is_refused(client: Client) -> None:
    image = two_layer_image(secrets.token_hex(8))
    path = f"/v2/{REPOSITORY}/manifests/unknown"
    status = client.request("PUT", path, image.manifest, {"Content-Type": MANIFEST_TYPE}).status
    assert status in (400, 404), mismatch("400 for a manifest without its layers", status)


@pytest.mark.check("images.gate")
def test_manifests_pass_the_gate(client: Client, settings: Settings) -> None:
    if not behind_gate(settings):
        not_applicable("manifests pass no gate with this storage (registry_storage_driver)")
    image = two_layer_image(secrets.token_hex(8))
    path = f"/v2/{REPOSITORY}/manifests/gate"
    reply = client.request("PUT", path, image.manifest, {"Content-Type": MANIFEST_TYPE})
    # The gate names what is missing by its digest alone, the registry by an object.
    answers = (f'"detail": "{digest}"'.encode() in reply.body for digest in image.blobs)
    wanted = "the gate's own answer to a manifest without its layers"
    assert any(answers), mismatch(wanted, reply.body[:200], DEPLOY)


@pytest.mark.check("images.absent")
def test_what_is_not_there_is_not_found(client: Client) -> None:
    absent = digest_of(secrets.token_bytes(16))
    paths = [f"/v2/{REPOSITORY}/{kind}/{absent}" for kind in ("blobs", "manifests")]
    found = {path: client.request("GET", path).status for path in paths}
    problems = [
        f"{path} gives {status}, not 404" for path, status in found.items() if status != 404
    ]
    assert not problems, listed(problems)


@pytest.mark.check("images.parallel")
def test_many_can_push_at_once(
    public_endpoint: Endpoint, known_login: Login | str, client: Client
) -> None:
    del client  # somebody can push at all
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(lambda _: _pushed(public_endpoint, known_login), range(AT_ONCE)))
    assert set(statuses) == {201}, mismatch(f"201 for {AT_ONCE} pushes at once", statuses)


def _pushed(public_endpoint: Endpoint, user: Login | str) -> int | RegistryError:
    client = public_endpoint.client()
    if isinstance(user, Login):
        client = client.login(user.username, user.password.get_secret_value())
    # The same bytes at every run: they take no new space.
    content = b"holdfast" * (BYTES_EACH // 8)
    try:
        end = _with_digest(_begun(client), digest_of(content))
        return client.request("PUT", end, content, BYTES).status
    except RegistryError as error:
        return error
    finally:
        client.close()


def _begun(client: Client) -> str:
    reply = client.request("POST", UPLOADS)
    parts = urlsplit(reply.headers.get("Location", ""))
    assert reply.status == 202, mismatch("202 for a new upload", reply.status)
    return f"{parts.path}?{parts.query}"


def _with_digest(place: str, digest: str) -> str:
    return f"{place}{'&' if '?' in place else '?'}digest={digest}"
