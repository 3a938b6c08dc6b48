"""Load for a clean-up: writers, clients that upload nothing, deletes; and a look at every image."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Store,
    blob,
    layer,
    revision,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
    digest_of,
)

from tests.integration.gated import TYPE

LAYERS = [random.Random(n).randbytes(2000 + 500 * n) for n in range(24)]
"""Contents that all writers share, so that one's garbage is another one's layer."""


@dataclass
class Load:
    """Clients that push and delete until they are stopped."""

    connect: Callable[[], Client]
    writers: int = 3
    adversaries: int = 4
    counts: Counter[str] = field(default_factory=Counter)
    kept: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Blobs by repository and digest of each image that was acknowledged and not deleted."""

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(kind, number), daemon=True)
            for kind, many in (("writer", self.writers), ("adversary", self.adversaries))
            for number in range(many)
        ]

    def __enter__(self) -> Load:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all clients."""
        self._stopped.set()
        for one in self._threads:
            one.join(250)
            assert not one.is_alive(), "a client hangs"

    def broken(self, store: Store) -> list[str]:
        """Return the acknowledged images of which something is missing or wrong on the disk."""
        with self._lock:
            kept = list(self.kept.items())
        return [
            f"{repository}@{digest}: {why}"
            for (repository, digest), blobs in kept
            if (why := _missing(store, repository, digest, blobs))
        ]

    def _work(self, kind: str, number: int) -> None:
        dice, client = random.Random(f"{kind}{number}"), self.connect()
        repository, own, turn = f"load/{kind}{number}", list[str](), 0
        while not self._stopped.is_set():
            turn += 1
            content = [LAYERS[n] for n in dice.sample(range(len(LAYERS)), 3)]
            try:
                self._push(client, dice, repository, f"t{turn}", content, kind, own)
                if own and dice.random() < 0.5:
                    self._delete(client, repository, own.pop(dice.randrange(len(own))))
            except RegistryError as error:
                self._count(f"error: {error}"[:200])
                time.sleep(0.05)

    def _push(  # noqa: PLR0917 -- what a client knows
        self,
        client: Client,
        dice: random.Random,
        repository: str,
        tag: str,
        content: list[bytes],
        kind: str,
        own: list[str],
    ) -> None:
        config = json.dumps({"tag": tag, "of": repository, "rootfs": {}}).encode()
        blobs = {digest_of(one): one for one in (config, *content)}
        manifest = _manifest(config, content)
        for digest, one in blobs.items():
            there = client.request("HEAD", f"/v2/{repository}/blobs/{digest}").status == 200
            if not there:
                client.upload(repository, digest, one)
        if kind == "adversary":  # what it was told is there may go before it sends the manifest
            time.sleep(dice.random() * 0.8)
        reply = client.request("PUT", f"/v2/{repository}/manifests/{tag}", manifest, TYPE)
        self._count(f"{reply.status}")
        if reply.status == 201:
            with self._lock:
                self.kept[repository, digest_of(manifest)] = list(blobs)
            own.append(digest_of(manifest))

    def _delete(self, client: Client, repository: str, digest: str) -> None:
        with self._lock:
            del self.kept[repository, digest]
        client.request("DELETE", f"/v2/{repository}/manifests/{digest}")
        self._count("deleted")

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1


def _manifest(config: bytes, content: list[bytes]) -> bytes:
    kind = "application/vnd.oci.image."
    layers = [
        {"mediaType": f"{kind}layer.v1.tar", "digest": digest_of(one), "size": len(one)}
        for one in content
    ]
    own = {"mediaType": f"{kind}config.v1+json", "digest": digest_of(config), "size": len(config)}
    return json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": own, "layers": layers}
    ).encode()


def _missing(store: Store, repository: str, digest: str, blobs: list[str]) -> str:
    if not store.has(revision(repository, digest)):
        return "no revision"
    for one in (digest, *blobs):
        content = store.read(blob(one)) if store.has(blob(one)) else None
        if content is None:
            return f"{one} is gone"
        if digest_of(content) != one:
            return f"{one} is damaged"
    return next((f"no link to {one}" for one in blobs if not store.has(layer(repository, one))), "")
