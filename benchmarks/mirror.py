"""What a pull through a mirror costs, beside the same pull from its upstream."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    digest_of,
    over_tls,
)

from holdfast.preview import Preview
from holdfast.settings import Settings, parse
from testhosts import binary

ROUNDS = 7
SIZES = {"64 MiB blob": 64 << 20, "1 MiB blob": 1 << 20, "4 KiB blob": 4 << 10}
LOGIN = {"username": "alice", "password": "correct-horse-battery"}


def _settings(**more: object) -> Settings:
    user = {"name": LOGIN["username"], "password": LOGIN["password"]}
    base = {
        "registry_hostname": "registry.example.com",
        "registry_distribution_checksum": "sha256:" + "a" * 64,
        "registry_auth_users": [user],
    }
    return parse({**base, **more})


def _client(preview: Preview) -> Client:
    port, trust = preview.settings.proxy.port, str(preview.ca_file)
    return over_tls("localhost", port, cafile=trust, timeout=60).login(**LOGIN)


def _pull(client: Client, path: str, size: int) -> float:
    begun = time.monotonic()
    reply = client.request("GET", path)
    seconds = time.monotonic() - begun
    assert (reply.status, len(reply.body)) == (200, size), reply.status
    return seconds


def _push(client: Client, content: bytes) -> str:
    place = client.request("POST", "/v2/library/thing/blobs/uploads/").headers["Location"]
    digest = digest_of(content)
    assert client.request("PUT", f"{place}&digest={digest}", content).status == 201
    return digest


def mirror() -> None:
    """Pull each of many blobs from the upstream, through a mirror that lacks it, and again."""
    registry = Path(binary.obtain()["path"])
    print(f"\n| median of {ROUNDS}, TLS, loopback | upstream | miss | hit | miss, hit: ratio |")
    print("|---|---|---|---|---|")
    with Preview(_settings(), registry) as source:
        hub = {"name": "hub", "url": source.settings.url, **LOGIN}
        trust = {"registry_service_ca": source.ca_file.read_text()}
        with Preview(_settings(**trust, registry_mirrors=[hub]), registry) as preview:
            upstream, mirrored = _client(source), _client(preview)
            for name, size in SIZES.items():
                rows = [_round(upstream, mirrored, size) for _ in range(ROUNDS)]
                direct, miss, hit = map(statistics.median, zip(*rows, strict=True))
                shown = " | ".join(f"{1000 * seconds:.1f} ms" for seconds in (direct, miss, hit))
                print(f"| {name} | {shown} | {miss / direct:.2f}, {hit / direct:.2f} |", flush=True)


def _round(upstream: Client, mirrored: Client, size: int) -> tuple[float, float, float]:
    path = f"library/thing/blobs/{_push(upstream, os.urandom(size))}"
    direct = _pull(upstream, f"/v2/{path}", size)
    miss = _pull(mirrored, f"/v2/hub/{path}", size)
    # The mirror writes what it fetched after it has sent it.
    time.sleep(0.5)
    return direct, miss, _pull(mirrored, f"/v2/hub/{path}", size)
