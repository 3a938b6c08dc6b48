"""A registry with an index, and what a test needs to ask it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    Image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    digest_of,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from ansible_collections.holdfast.registry.plugins.module_utils.verbs.index import answered

from holdfast.preview import Preview

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
WITHIN = 20.0
"""Seconds on a busy machine; a quiet one needs a fraction of one."""


def asked(preview: Preview, question: str, **given: Any) -> dict[str, Any]:
    """Return the answer of the index of a preview."""
    socket = str(preview.scratch / "run/index/index.sock")
    blank = {"text": "", "most": 50, "pattern": "", "repository": "", "tag": "", "digest": ""}
    return dict(answered(socket, {"question": question, "given": {**blank, **given}}))


def search(preview: Preview, text: str) -> list[tuple[str, str, str]]:
    """Return kind, repository and tag of all that is found."""
    found = asked(preview, "search", text=text)["found"] or []
    return [(one["kind"], one["repository"], one["tag"]) for one in found]


def inspect(preview: Preview, repository: str, tag: str = "", digest: str = "") -> Any:
    return asked(preview, "inspect", repository=repository, tag=tag, digest=digest)["found"]


def until(look: Callable[[], Any], good: Callable[[Any], Any] = bool) -> Any:
    """Return what a look finds, once it is good; a program that starts has no answer yet."""
    due = time.monotonic() + WITHIN
    while True:
        try:
            found = look()
            if good(found):
                return found
        except StepError as problem:
            found = problem
        assert time.monotonic() < due, found
        time.sleep(0.05)


def labelled(name: str, labels: dict[str, str]) -> Image:
    """Return an image with labels."""
    plain = two_layer_image(name)
    manifest = json.loads(plain.manifest)
    old = manifest["config"]["digest"]
    config = json.loads(plain.blobs[old])
    config["config"]["Labels"] = labels
    content = json.dumps(config).encode()
    manifest["config"] |= {"digest": digest_of(content), "size": len(content)}
    layers = {one: blob for one, blob in plain.blobs.items() if one != old}
    return Image(json.dumps(manifest).encode(), {digest_of(content): content, **layers})


def put(client: Client, repository: str, reference: str, manifest: dict[str, Any]) -> str:
    """Push a manifest as it is; return its digest."""
    content = json.dumps(manifest).encode()
    path = f"/v2/{repository}/manifests/{reference or digest_of(content)}"
    reply = client.request("PUT", path, content, {"Content-Type": manifest["mediaType"]})
    assert reply.status == 201, reply.body
    return digest_of(content)


def database(preview: Preview) -> Path:
    return preview.scratch / "state/index/index.db"
