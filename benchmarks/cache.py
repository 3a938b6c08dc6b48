"""Measure the cache of blob descriptors with filesystem storage, and the cost of its socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    over_unix,
    two_layer_image,
)

from benchmarks.figures import Figure, Result, interleaved
from benchmarks.lab import Lab
from holdfast.rendering import Layout, render
from holdfast.rendering.registry_binary import runtime
from holdfast.settings import parse
from testhosts import binary

NAME, CHECKSUM = "registry.holdfast.test", "sha256:" + "a" * 64
MODES = ("none", "memory", "local")
ROUNDS, REQUESTS, IMAGES = 7, 400, 20
PASSWORD = "5" * 64


def measure(lab: Lab) -> list[Result]:
    """Compare modes of the cache, interleaved: one keep-alive connection to a unix socket."""
    with ExitStack() as stack:
        clients = {mode: stack.enter_context(_registry(lab.folder, mode)) for mode in MODES}
        images = [two_layer_image(f"measured {number}") for number in range(IMAGES)]
        for client in clients.values():
            for number, image in enumerate(images):
                client.push(f"team/app{number}", "latest", image)
        blobs = [f"/v2/team/app{n}/blobs/{one}" for n, i in enumerate(images) for one in i.blobs]
        manifests = [f"/v2/team/app{number}/manifests/latest" for number in range(IMAGES)]
        return [
            _figure("blob HEAD", clients, partial(_rate, "HEAD", blobs)),
            _figure("manifest GET by tag", clients, partial(_rate, "GET", manifests)),
        ]


def _figure(what: str, clients: dict[str, Client], rate: Callable[[Client], float]) -> Figure:
    ways = {f"`{mode}`": partial(rate, client) for mode, client in clients.items()}
    return Figure(f"cache: {what}", "requests/s", "`none`", interleaved(what, ways, ROUNDS))


def _rate(method: str, paths: list[str], client: Client) -> float:
    """Return the answered requests a second."""
    begun = time.monotonic()
    for number in range(REQUESTS):
        status = client.request(method, paths[number % len(paths)], headers=_ACCEPT).status
        if status != 200:
            raise RegistryError(f"{method} {paths[number % len(paths)]}: {status}")
    return REQUESTS / (time.monotonic() - begun)


_ACCEPT = {"Accept": "application/vnd.oci.image.manifest.v1+json"}


@contextmanager
def _registry(folder: Path, mode: str) -> Iterator[Client]:
    """Run the registry of a mode, and its cache, from the files rendered for a host."""
    place = folder / mode
    place.mkdir()
    settings = parse(
        {
            "registry_hostname": NAME,
            "registry_distribution_checksum": CHECKSUM,
            "registry_auth_users": [{"name": "alice", "password": "correct-horse-battery"}],
            "registry_storage_directory": str(place / "images"),
            "registry_cache_mode": mode,
        }
    )
    tree = render(settings, Layout(cache_run=str(place), cache_state=str(place)))
    config = place / "config.yml"
    config.write_text(tree["registry/config.yml"].content)
    more = {"REGISTRY_HTTP_ADDR": str(place / "socket"), "REGISTRY_REDIS_PASSWORD": PASSWORD}
    secrets = {**runtime(settings.service.memory_mib), "REGISTRY_HTTP_SECRET": "0" * 32}
    with ExitStack() as stack:
        if mode == "local":
            (place / "cache.conf").write_text(tree["cache/cache.conf"].content)
            users = tree["cache/users.acl"].content
            (place / "users.acl").write_text(users.format(registry=f">{PASSWORD}", holdfast="off"))
            server = place / "redis-server"
            server.symlink_to(shutil.which("redis-check-rdb") or "valkey-server")
            stack.enter_context(_running([str(server), place / "cache.conf"], place, {}))
        argv: list[str | Path] = [binary.obtain()["path"], "serve", config]
        stack.enter_context(_running(argv, place, {**secrets, **more}))
        client = over_unix(str(place / "socket"), NAME)
        _await(client)
        yield client
        client.close()


@contextmanager
def _running(argv: list[str | Path], place: Path, own: dict[str, str]) -> Iterator[None]:
    with (place / "log").open("ab") as log:
        process = subprocess.Popen(argv, env={**os.environ, **own}, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _await(client: Client) -> None:
    for _ in range(200):
        try:
            client.check()
            return
        except RegistryError:
            time.sleep(0.05)
    raise RegistryError("the registry does not answer")
