"""Measure the processor time of a deployed proxy and registry for requests."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    digest_of,
    two_layer_image,
)

from benchmarks.lab import Bench
from benchmarks.processes import cpu, tree
from testhosts import podman

PROGRAMS = {"nginx", "registry"}
REPOSITORY = "bench/served"
CONNECTIONS, REQUESTS = 4, 400
SMALL, LARGE, GIB, PULLS = 4 << 10, 64 << 20, 1 << 30, 5
FILLING = os.urandom(LARGE)
ACCEPT = {"Accept": "application/vnd.oci.image.manifest.v1+json"}


class Served:
    """A deployed registry with images."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        bench.client().push(REPOSITORY, "latest", two_layer_image("served"))
        self._small, self._large = (self._pushed(size) for size in (SMALL, LARGE))

    def small(self) -> float:
        """Return the milliseconds that a pull of 4 KiB takes."""
        return self._request(f"blobs/{self._small}")

    def manifest(self) -> float:
        """Return the milliseconds that a manifest takes."""
        return self._request("manifests/latest")

    def large(self) -> float:
        """Return the seconds that 1 GiB takes, pulled in blobs of 64 MiB."""

        def pull() -> None:
            client = self._bench.client()
            for _ in range(PULLS):
                reply = client.request("GET", f"/v2/{REPOSITORY}/blobs/{self._large}")
                assert (reply.status, len(reply.body)) == (200, LARGE), reply.status
            client.close()

        return self._spent(pull) * GIB / (PULLS * LARGE)

    def push(self) -> float:
        """Return the seconds that 1 GiB takes, pushed in blobs of 64 MiB."""
        return self._spent(lambda: self._pushed(LARGE)) * GIB / LARGE

    def _request(self, path: str) -> float:
        """Request a path over keep-alive connections; return the milliseconds of one request."""

        def ask(_: int) -> None:
            client = self._bench.client()
            for _ in range(REQUESTS):
                reply = client.request("GET", f"/v2/{REPOSITORY}/{path}", headers=ACCEPT)
                assert reply.status == 200, reply.status
            client.close()

        def work() -> None:
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                list(pool.map(ask, range(CONNECTIONS)))

        return self._spent(work) / (CONNECTIONS * REQUESTS) * 1000

    def _pushed(self, size: int) -> str:
        """Push a blob that no registry has seen before; return its digest."""
        content = os.urandom(16) + FILLING[: size - 16]
        digest, client = digest_of(content), self._bench.client()
        place = client.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/").headers["Location"]
        path = f"{place}{'&' if '?' in place else '?'}digest={digest}"
        assert client.request("PUT", path, content).status == 201
        client.close()
        return digest

    def _spent(self, work: Callable[[], object]) -> float:
        pids = self._pids()
        before = cpu(*pids)
        work()
        return cpu(*pids) - before

    def _pids(self) -> list[int]:
        """Return the host's processes that serve; a container's are visible on this machine."""
        first = int(podman.inspect(self._bench.host.container)["State"]["Pid"])
        comm = {pid: Path(f"/proc/{pid}/comm") for pid in tree(first)}
        return [pid for pid, path in comm.items() if path.read_text().strip() in PROGRAMS]
