"""Compare a deployed registry with a bare one on the same storage: directory, S3, redirect."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    digest_of,
    over_tls,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import elsewhere

from benchmarks.figures import Figure, Result, say
from benchmarks.lab import Bench, Lab
from testhosts import s3

ROUNDS, SIZE = 5, 64 << 20
PORT = 5443
BARE = "/root/bare.json"
BARE_WAY = "bare registry, its own TLS, no login"


def measure(lab: Lab) -> list[Result]:
    """Push and pull a blob through both registries in turns, on each kind of storage."""
    bench = lab.bench
    ca, address = s3.serve(bench.host), bench.host.address
    bucket = {**s3.settings(ca), "registry_storage_adopt": True}
    kinds: dict[str, dict[str, Any]] = {
        "filesystem": {},
        "S3, redirect": {**bucket, "registry_storage_redirect": True},
        "S3": bucket,
    }
    _resolve(s3.NAME, address)
    return [one for name, change in kinds.items() for one in _figures(bench, ca, name, change)]


def _figures(bench: Bench, ca: str, name: str, change: dict[str, Any]) -> Iterator[Figure]:
    """Yield pushes and pulls on one kind of storage: a pull follows its push."""
    bench.write(**change)
    bench.deploy()
    _bare(bench, change)
    deployed = bench.client()
    bare = over_tls(
        bench.name, PORT, address=bench.host.address, cafile=str(bench.trust), timeout=120
    )
    clients = {BARE_WAY: bare, "deployed": deployed}
    taken: dict[str, list[tuple[float, float]]] = {way: [] for way in clients}
    for number in range(ROUNDS):
        say(f"storage, {name}: round {number + 1} of {ROUNDS}")
        for way in sorted(clients, reverse=bool(number % 2)):
            taken[way].append(_both(clients[way], ca))
    for part, what in enumerate(("push", "pull")):
        samples = {way: [both[part] for both in taken[way]] for way in clients}
        yield Figure(f"{what} of {SIZE >> 20} MiB, {name}", "s", BARE_WAY, samples)


def _both(client: Client, ca: str) -> tuple[float, float]:
    """Return the seconds of a push and of the pull after it."""
    content = os.urandom(SIZE)
    digest, begun = digest_of(content), time.monotonic()
    place = client.request("POST", "/v2/bench/thing/blobs/uploads/").headers["Location"]
    mark = "&" if "?" in place else "?"
    assert client.request("PUT", f"{place}{mark}digest={digest}", content).status == 201
    pushed = time.monotonic()
    reply = client.request("GET", f"/v2/bench/thing/blobs/{digest}")
    body = elsewhere(reply.headers["Location"], ca) if reply.status == 307 else reply.body
    pulled = time.monotonic()
    assert body == content
    return pushed - begun, pulled - pushed


def _bare(bench: Bench, change: dict[str, Any]) -> None:
    """Run the same binary alone: its own TLS, no login, its own folder of the same storage."""
    kept: dict[str, Any] = {"filesystem": {"rootdirectory": "/srv/bare"}}
    if change:
        kept = {
            "s3": {
                "region": s3.REGION,
                "regionendpoint": s3.ENDPOINT,
                "bucket": s3.BUCKET,
                "forcepathstyle": True,
                "rootdirectory": "/bare",
                "accesskey": s3.ACCESS_KEY,
                "secretkey": s3.SECRET_KEY,
            },
            "redirect": {"disable": not change.get("registry_storage_redirect", False)},
        }
    tls = "/etc/holdfast/tls/current"
    config = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {**kept, "cache": {"blobdescriptor": "inmemory"}},
        "http": {
            "addr": f":{PORT}",
            "secret": "0" * 32,
            "tls": {"certificate": f"{tls}/certificate.pem", "key": f"{tls}/key.pem"},
        },
    }
    host = bench.host
    host.run("systemctl stop bare; systemctl reset-failed bare", check=False)
    host.run(f"cat > {BARE}; mkdir -p /srv/bare", text=json.dumps(config))
    own = "-E OTEL_TRACES_EXPORTER=none -E SSL_CERT_FILE=/root/s3-ca.pem"
    host.run("cat > /root/s3-ca.pem", text=str(change.get("registry_service_ca", "")))
    binary = "$(ls /opt/holdfast/distribution/*/registry)"
    host.run(f"systemd-run -q --unit bare {own} {binary} serve {BARE}")
    host.run(f"for i in $(seq 100); do ss -Hltn | grep -q :{PORT} && break; sleep 0.1; done")


def _resolve(name: str, address: str) -> None:
    """Let this process resolve a name that only the test host knows."""
    known = socket.getaddrinfo

    def found(host: Any, *more: Any, **options: Any) -> Any:
        return known(address if host == name else host, *more, **options)

    socket.getaddrinfo = found
