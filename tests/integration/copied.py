"""Images, referrers and signatures for tests of `holdfast copy`, and the copy between previews."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    digest_of,
    over_tls,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
)

from holdfast.copying.credentials import Credential
from holdfast.copying.manifests import ACCEPT, OCI_INDEX
from holdfast.copying.order import Order, execute
from holdfast.copying.progress import Report
from holdfast.copying.run import Wanted
from holdfast.copying.selection import Selection
from holdfast.preview import Preview
from holdfast.verification import Target
from tests.integration.gated import PASSWORD

LOGIN = Credential("alice", PASSWORD)


def client(preview: Preview) -> Client:
    """Return a client that may do all."""
    one = over_tls("localhost", preview.settings.proxy.port, cafile=str(preview.ca_file))
    return one.login("alice", PASSWORD)


def order(ours: Preview, other: Preview, **more: Any) -> Order:
    """Return the copy between two previews, into the first one."""
    target = Target("here", ours.settings, cafile=ours.ca_file)
    address = "https", f"localhost:{other.settings.proxy.port}", ""
    wanted = {"address": address, "remote_login": LOGIN, "remote_ca": other.ca_file, **more}
    return Order(target, LOGIN, **wanted)


def copied(ours: Preview, other: Preview, include: Iterable[str] = (), **more: Any) -> Report:
    """Copy, and return the report."""
    wish = Wanted(Selection(include), more.pop("since", None), check=more.pop("check", False))
    return execute(order(ours, other, **more), wish, lambda _: None)


def put(one: Client, repository: str, reference: str, content: bytes, kind: str) -> str:
    """Push a manifest."""
    path = f"/v2/{repository}/manifests/{reference}"
    reply = one.request("PUT", path, content, {"Content-Type": kind})
    assert reply.status == 201, reply.body
    return digest_of(content)


def get(one: Client, repository: str, reference: str) -> tuple[int, bytes]:
    """Return status and content of a manifest."""
    reply = one.request("GET", f"/v2/{repository}/manifests/{reference}", b"", {"Accept": ACCEPT})
    return reply.status, reply.body


def entry(content: bytes, kind: str) -> dict[str, Any]:
    """Return the descriptor of some content."""
    return {"mediaType": kind, "digest": digest_of(content), "size": len(content)}


def index(one: Client, repository: str, tag: str, labels: Iterable[str]) -> bytes:
    """Push an index of images without tags."""
    images = [two_layer_image(label) for label in labels]
    for image in images:
        one.push(repository, image.digest, image)
    parts = [entry(image.manifest, MANIFEST_TYPE) for image in images]
    text = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": parts}
    content = json.dumps(text).encode()
    put(one, repository, tag, content, OCI_INDEX)
    return content


def attached(one: Client, repository: str, subject: bytes, kind: str, label: str) -> bytes:
    """Push an artifact with a subject, and list it in the fallback tag as a client does."""
    image = two_layer_image(label)
    text = json.loads(image.manifest)
    text |= {"subject": entry(subject, kind), "artifactType": "application/x.sbom"}
    content = json.dumps(text).encode()
    for digest, blob in image.blobs.items():
        one.upload(repository, digest, blob)
    put(one, repository, digest_of(content), content, MANIFEST_TYPE)
    listed = {"schemaVersion": 2, "mediaType": OCI_INDEX}
    listed |= {"manifests": [entry(content, MANIFEST_TYPE)]}
    tag = digest_of(subject).replace(":", "-")
    put(one, repository, tag, json.dumps(listed).encode(), OCI_INDEX)
    return content


def signed(one: Client, repository: str, subject: bytes, label: str) -> str:
    """Push a signature as cosign does; return its tag."""
    tag = f"{digest_of(subject).replace(':', '-')}.sig"
    one.push(repository, tag, two_layer_image(label))
    return tag
