"""Run registries behind their proxies on a generated store."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
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
class SeededRegistry:
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
        """Return the body of an answer, and the path of the next page, if there is one.

        Raises AssertionError for an error status.
        """
        reply = self.client.request(method, path, headers=_ACCEPT)
        assert reply.status in (200, 202), (path, reply.status, reply.body[:200])
        following = reply.headers.get("Link", "")[1:].partition(">")[0]
        return reply.body, following.removeprefix(self.preview.settings.url)


@contextmanager
def serving(
    made: Made, root: Path, binary: Path, *, older: bool = False
) -> Iterator[SeededRegistry]:
    """Serve the store at `root`, with registry 2.8 if `older`."""
    preview = Preview(parse({**OPEN, **(OLDER if older else NEWER)}), binary)
    (preview.scratch / "images").symlink_to(root)
    with preview:
        port, trust = preview.settings.proxy.port, str(preview.ca_file)
        client = over_tls(
            "localhost", port, address="127.0.0.1", cafile=trust, timeout=WAIT_SECONDS
        )
        yield SeededRegistry(made, root, binary, preview, client)
        client.close()
