"""The setting of the index: off by default, refused where it cannot work, closed to others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.errors import InputError
from holdfast.rendering import render
from holdfast.settings import parse

ON = {"registry_index_enabled": True}
BUCKET = {
    "registry_storage_driver": "s3",
    "registry_storage_region": "eu-central-1",
    "registry_storage_bucket": "images",
    "registry_storage_access_key": "a",
    "registry_storage_secret_key": "b",
}


def test_it_is_off_and_nothing_of_it_is_on_a_host(flat: dict[str, Any]) -> None:
    tree = render(parse(flat))
    assert not [path for path in tree if "index" in path]
    assert not [path for path, file in tree.items() if "holdfast-index" in file.content]


def test_it_reads_images_and_writes_its_own_file_alone(flat: dict[str, Any]) -> None:
    tree = render(parse({**flat, **ON}))
    assert json.loads(tree["index/plan.json"].content) == {
        "directory": "/srv/registry",
        "log": "/var/log/holdfast/access.log",
        "database": "/var/lib/holdfast/index/index.db",
    }
    unit = tree["systemd/holdfast-index.service"].content
    assert (
        "\nReadWritePaths=/var/lib/holdfast/index\n" in unit and "\nUser=holdfast-index\n" in unit
    )
    assert "PrivateNetwork=yes" in unit
    assert "SocketMode=0600" in tree["systemd/holdfast-index.socket"].content


@pytest.mark.parametrize(
    "more", [BUCKET, {"registry_upstream_url": "https://registry-1.docker.io"}]
)
def test_it_needs_images_of_its_own_in_a_directory(
    flat: dict[str, Any], more: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="registry_index_enabled: expected false") as caught:
        parse({**flat, **ON, **more})
    assert "registry_storage_driver: filesystem" in str(caught.value)
