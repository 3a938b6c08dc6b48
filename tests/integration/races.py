"""Several pushers of one tag at once, and the answers that they get."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import Client

from tests.integration.gated import TYPE
from tests.integration.pushed import image

REPOSITORY = "team/kept"


def race(connect: Callable[[], Client], tags: int, pushers: int = 4) -> list[Counter[int]]:
    """Return the statuses for each tag, to which every pusher pushes an image of its own at once.

    Raises AssertionError if a tag is not the image of the pusher who got 201.
    """
    images = [image(f"pusher {number}") for number in range(pushers)]
    for one in images:
        for digest, content in one.blobs.items():
            connect().upload(REPOSITORY, digest, content)
    seen = [[0] * pushers for _ in range(tags)]
    barrier = threading.Barrier(pushers, timeout=60)

    def push(number: int) -> None:
        client = connect()
        for tag in range(tags):
            barrier.wait()
            path = f"/v2/{REPOSITORY}/manifests/r{tag}"
            seen[tag][number] = client.request("PUT", path, images[number].manifest, TYPE).status

    threads = [threading.Thread(target=push, args=(number,)) for number in range(pushers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client = connect()
    for tag, statuses in enumerate(seen):
        winner = images[statuses.index(201)] if 201 in statuses else None
        reply = client.request("HEAD", f"/v2/{REPOSITORY}/manifests/r{tag}", headers=ACCEPT)
        assert winner
        assert reply.headers["Docker-Content-Digest"] == winner.digest
    return [Counter(statuses) for statuses in seen]


ACCEPT = {"Accept": TYPE["Content-Type"]}
