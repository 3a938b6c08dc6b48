"""Registries behind their proxies, on a store that was made."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.oci_image import MANIFEST_TYPE
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    over_tls,
)

from benchmarks.store import Made, name_of
from holdfast.preview import Preview
from holdfast.settings import parse

OPEN = {
    "registry_hostname": "registry.holdfast.test",
    "registry_auth_mode": "none",
    "registry_auth_accept_open_access": True,
    "registry_storage_delete": True,
}
NEWER = {"registry_distribution_checksum": "sha256:" + "a" * 64}
OLDER = {"registry_distribution_source": "package"}
WAIT_SECONDS = 900
_ACCEPT = {"Accept": MANIFEST_TYPE}


@dataclass
class Stocked:
    """A registry that serves a store."""

    made: Made
    root: Path
    binary: Path
    preview: Preview
    client: Client
    numbers: Iterator[int] = field(default_factory=itertools.count)
    random: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def config(self) -> Path:
        """The registry's rendered configuration."""
        return self.preview.scratch / "etc/current/registry/config.yml"

    @property
    def repository(self) -> str:
        """The last repository."""
        return name_of(self.made.repositories - 1)

    def get(self, path: str, method: str = "GET") -> tuple[bytes, str]:
        """Return the body that answers a request, and the path of the next page, if there is one.

        AssertionError unless it was answered well.
        """
        reply = self.client.request(method, path, headers=_ACCEPT)
        assert reply.status in (200, 202), (path, reply.status, reply.body[:200])
        following = reply.headers.get("Link", "")[1:].partition(">")[0]
        return reply.body, following.removeprefix(self.preview.settings.url)


@contextmanager
def serving(made: Made, root: Path, binary: Path, *, older: bool = False) -> Iterator[Stocked]:
    """Serve a store that lies at `root`; `older`: the registry is 2.8."""
    preview = Preview(parse({**OPEN, **(OLDER if older else NEWER)}), binary)
    (preview.scratch / "images").symlink_to(root)
    with preview:
        port, trust = preview.settings.proxy.port, str(preview.ca_file)
        client = over_tls(
            "localhost", port, address="127.0.0.1", cafile=trust, timeout=WAIT_SECONDS
        )
        yield Stocked(made, root, binary, preview, client)
        client.close()
