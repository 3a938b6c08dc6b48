"""A push beside a delete of the same manifest, and what the store has afterwards."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Store,
    revision,
    tag,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import Client

from tests.integration.gated import TYPE
from tests.integration.pushed import image

REPOSITORY = "team/raced"


def race(connect: Callable[[], Client], store: Store, rounds: int) -> Counter[str]:
    """Push a tag of a manifest and delete the manifest at once, again and again; count the ends.

    `both` and `neither` are whole: the push came last, or the delete did. A tag without its
    manifest is a half state, and so is a manifest whose tag is lost.
    """
    one, found = image("raced"), Counter[str]()
    for digest, content in one.blobs.items():
        connect().upload(REPOSITORY, digest, content)
    path = f"/v2/{REPOSITORY}/manifests"
    barrier = threading.Barrier(2, timeout=60)
    statuses = [0, 0]

    def push() -> None:
        client = connect()
        for number in range(rounds):
            barrier.wait()
            reply = client.request("PUT", f"{path}/r{number}", one.manifest, TYPE)
            statuses[0] = reply.status
            barrier.wait()

    def delete() -> None:
        client = connect()
        for number in range(rounds):
            client.request("PUT", f"{path}/before", one.manifest, TYPE)
            barrier.wait()
            statuses[1] = client.request("DELETE", f"{path}/{one.digest}").status
            barrier.wait()
            found[_state(store, one.digest, f"r{number}")] += 1
            assert statuses == [201, 202], statuses

    threads = [threading.Thread(target=push), threading.Thread(target=delete)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found.values()) == rounds, found
    return found


def _state(store: Store, digest: str, name: str) -> str:
    manifest = store.has(revision(REPOSITORY, digest))
    tagged = store.has(f"{tag(REPOSITORY, name)}/current/link")
    if manifest == tagged:
        return "both" if manifest else "neither"
    return "a manifest without its tag" if manifest else "a tag without its manifest"
