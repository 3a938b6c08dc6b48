"""python -m benchmarks.image_pusher URL TRUST PUSHERS IMAGES SIZE: push new images of three layers.

Each pusher is a process with one connection; all begin at once. Prints the seconds of the slowest.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    CONFIG_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    Image,
    digest_of,
)

from benchmarks.pusher import client

LAYERS = 3


def image(size: int) -> Image:
    """Return a new image of three layers of `size` bytes each."""
    layers = [os.urandom(size) for _ in range(LAYERS)]
    digests = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    rootfs = {"type": "layers", "diff_ids": digests}
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs}).encode()
    described = [
        {"mediaType": kind, "digest": digest_of(one), "size": len(one)}
        for kind, one in ((CONFIG_TYPE, config), *((LAYER_TYPE, layer) for layer in layers))
    ]
    head = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE}
    manifest = json.dumps({**head, "config": described[0], "layers": described[1:]}).encode()
    return Image(manifest, {digest_of(config): config, **dict(zip(digests, layers, strict=True))})


def _push(url: str, trust: str, images: int, size: int, start: Barrier) -> None:
    own = [image(size) for _ in range(images)]
    to = client(url, Path(trust))
    to.check()  # the connection is there
    name = f"bench/pusher{os.getpid()}"
    start.wait()
    for number, one in enumerate(own):
        to.push(name, f"t{number}", one)


def main(url: str, trust: str, pushers: str, images: str, size: str) -> None:
    """Push the images; print the seconds from the first start to the last end."""
    context = get_context("fork")
    start = context.Barrier(int(pushers) + 1)
    arguments = (url, trust, int(images), int(size), start)
    running = [context.Process(target=_push, args=arguments) for _ in range(int(pushers))]
    for one in running:
        one.start()
    start.wait()
    begun = time.monotonic()
    for one in running:
        one.join()
    seconds = time.monotonic() - begun
    assert not any(one.exitcode for one in running), "a push failed"
    print(seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
