"""Where real registries send clients for a blob."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    two_layer_image,
)

from tests.integration.generations import VERSIONS, client, registry, settings_of
from tests.integration.startup import Run

IMAGE = two_layer_image("elsewhere")
BLOB = next(iter(IMAGE.blobs))
PATH = f"/docker/registry/v2/blobs/sha256/{BLOB[7:9]}/{BLOB[7:]}/data"


@VERSIONS
def test_redirect_sends_to_the_file_at_the_other_address(
    registry_of: Path, version: str, tmp_path: Path
) -> None:
    base = "https://cdn.test" if version == "2.8.3" else "https://cdn.test/images"
    given = {"cdn_mode": "redirect", "cdn_base_url": base}
    settings = settings_of(version, tmp_path, **given)
    with registry(registry_of, settings, tmp_path) as one:
        client(one).push("team/app", "latest", IMAGE)
        assert sent(one) == f"{base}{PATH}"
    # What serves it there finds the file of that name.
    assert (tmp_path / "images" / PATH.lstrip("/")).read_bytes() == IMAGE.blobs[BLOB]


def sent(one: Run) -> str:
    """Return where a client is sent for a blob."""
    reply = client(one).request("GET", f"/v2/team/app/blobs/{BLOB}")
    assert reply.status == 307, (reply.status, one.said)
    return str(reply.headers["Location"])
