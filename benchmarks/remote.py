"""Run a registry with a remote bucket: a real S3 server behind a latency proxy."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_unix,
    two_layer_image,
)

from benchmarks import store
from benchmarks.latency_proxy import LatencyProxy, delayed
from benchmarks.processes import answers
from holdfast.preview.scratch import free_port
from holdfast.rendering import render
from holdfast.rendering.secrets import environment
from holdfast.settings import parse
from testhosts import binary

DELAY_SECONDS = 0.02
KEYS = ("bench-access", "bench-secret-0123456789")
BUCKET, REGION, NAME = "images", "eu-central-1", "registry.holdfast.test"
REPOSITORY = store.name_of(0)


@dataclass
class Remote:
    """A registry and the proxy to its bucket."""

    proxy: LatencyProxy
    folder: Path
    config: Path
    own: Mapping[str, str]
    numbers: Iterator[int] = field(default_factory=count)

    def requests_of(self, run: Callable[[Client], object]) -> float:
        """Return the number of requests to the bucket that an operation causes."""
        with self.running() as client:
            before = self.proxy.requests
            run(client)
            return self.proxy.requests - before

    def collected(self) -> float:
        """Return the number of requests of a garbage collection that deletes nothing."""
        before = self.proxy.requests
        collect = "garbage-collect", "--dry-run", str(self.config)
        subprocess.run([_registry(), *collect], env=self.own, check=True, capture_output=True)
        return self.proxy.requests - before

    def deleted(self, *, bare: bool) -> float:
        """Return the seconds of a delete by digest, with or without our setting."""
        with self.running(bare=bare) as client:
            image = self.push(client)
            self.proxy.seconds, begun = DELAY_SECONDS, time.perf_counter()
            assert client.delete(REPOSITORY, image)
            self.proxy.seconds, taken = 0.0, time.perf_counter() - begun
            return taken

    def push(self, client: Client) -> str:
        """Push a new image; return its digest."""
        image = two_layer_image(f"{self.folder} {next(self.numbers)}")
        return client.push(REPOSITORY, "pushed", image)

    @contextmanager
    def running(self, *, bare: bool = False) -> Iterator[Client]:
        """Run the registry, with an empty memory cache."""
        config = self.config
        if bare:
            config = self.folder / "bare.yml"
            text = self.config.read_text()
            config.write_text(re.sub(r" {2}tag:\n.*\n {4}concurrencylimit: 16\n", "", text))
            assert config.read_text() != text
        argv = [_registry(), "serve", str(config)]
        process = subprocess.Popen(argv, env=self.own, stderr=subprocess.DEVNULL)
        client = over_unix(self.own["REGISTRY_HTTP_ADDR"], NAME, timeout=900)
        try:
            while not answers(client):
                assert process.poll() is None, argv
                time.sleep(0.05)
            yield client
        finally:
            client.close()
            process.terminate()
            process.wait()


@contextmanager
def remote(tags: int) -> Iterator[Remote]:
    """Run an S3 server with a repository of some tags in its bucket."""
    with tempfile.TemporaryDirectory(prefix="holdfast-") as name:
        folder = Path(name)
        (folder / "data" / BUCKET).mkdir(parents=True)
        store.make(folder / "data" / BUCKET, 1, tags)
        # The server takes directories for objects; those that are empty no registry makes in S3.
        empty = ["find", str(folder / "data" / BUCKET), "-type", "d", "-empty", "-delete"]
        subprocess.run(empty, check=True)
        with _server(folder) as port, delayed(port) as proxy:
            yield _rendered(proxy, folder)


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    port, (access, secret) = free_port(), KEYS
    (folder / "iam").mkdir()
    own = {**os.environ, "ROOT_ACCESS_KEY": access, "ROOT_SECRET_KEY": secret}
    argv: list[str | Path] = [
        binary.tool("versitygw"),
        "--port",
        f"127.0.0.1:{port}",
        "--quiet",
        "--keep-alive",
    ]
    argv += ["--region", REGION, "--iam-dir", folder / "iam", "posix", folder / "data"]
    process = subprocess.Popen(argv, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def _rendered(proxy: LatencyProxy, folder: Path) -> Remote:
    """Write the rendered files of a registry with this bucket."""
    settings = parse(
        {
            "registry_hostname": NAME,
            "registry_distribution_checksum": "sha256:" + "a" * 64,
            "registry_auth_users": [{"name": "alice", "password": "correct-horse-battery"}],
            "registry_storage_driver": "s3",
            "registry_storage_region": REGION,
            "registry_storage_bucket": BUCKET,
            "registry_storage_endpoint": f"http://127.0.0.1:{proxy.port}",
            "registry_storage_access_key": KEYS[0],
            "registry_storage_secret_key": KEYS[1],
            "registry_storage_delete": True,
        }
    )
    config = folder / "config.yml"
    config.write_text(render(settings)["registry/config.yml"].content)
    secrets = {"REGISTRY_HTTP_SECRET": "0" * 32, "OTEL_TRACES_EXPORTER": "none"}
    place = {"REGISTRY_HTTP_ADDR": str(folder / "socket")}
    return Remote(
        proxy, folder, config, {**os.environ, **environment(settings), **secrets, **place}
    )


def _registry() -> str:
    return binary.obtain()["path"]
