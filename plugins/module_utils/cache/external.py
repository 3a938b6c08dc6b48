"""Connect to a cache server of the user's own, with the registry's login."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.cache import resp

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import Cache

PATTERNS = ("blobs::*", "repository::*")
"""Names of the keys that a registry writes: the server can have others."""
BATCH = "1000"


def connection(expect: Cache, generation: str) -> resp.Server:
    """Return a connection to the first given address that answers, which may be a sentinel.

    `expect` is the cache section of a generation's manifest, `generation` that generation's folder.
    """
    sentinel = "master_name" in expect
    problem: resp.CacheError | None = None
    for place in expect["addresses"]:
        server = _opened(place, expect, generation, sentinel=sentinel)
        try:
            with server:
                pass
            return server
        except resp.CacheError as error:
            problem = error
    raise problem or resp.CacheError("no address")


def flush(expect: Cache, generation: str) -> int:
    """Remove the registry's entries, and no others; return their number. Raises CacheError."""
    count = 0
    for place in _masters(expect, generation):
        with _opened(place, expect, generation, sentinel=False) as server:
            if "db" in expect:
                server.ask("SELECT", str(expect["db"]))
            count += sum(_remove(server, pattern) for pattern in PATTERNS)
    return count


def sentinel_question(expect: Cache) -> tuple[str, ...]:
    """Return the command that asks a sentinel for the address of the server."""
    return ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", expect["master_name"])


def _remove(server: resp.Server, pattern: str) -> int:
    """Remove the entries whose keys match; a cursor of 0 ends a scan."""
    cursor, count = "0", 0
    while True:
        cursor, keys = server.ask("SCAN", cursor, "MATCH", pattern, "COUNT", BATCH)
        # One by one: keys of a cluster's node are in several slots.
        count += sum(int(server.ask("DEL", key)) for key in keys)
        if cursor == "0":
            return count


def _masters(expect: Cache, generation: str) -> list[str]:
    """Return the addresses of all servers that can be written to."""
    if "master_name" in expect:
        with connection(expect, generation) as server:
            found = server.ask(*sentinel_question(expect))
        if not found:
            raise resp.CacheError(f"the sentinels know no server {expect['master_name']}")
        return [_place(*found)]
    with connection(expect, generation) as server:
        place = server.place
        if len(expect["addresses"]) == 1:
            return [place]
        slots = server.ask("CLUSTER", "SLOTS")
    # A node that does not know its own address yet gives none: it is the one that answered.
    return list(
        dict.fromkeys(_place(one[2][0], one[2][1]) if one[2][0] else place for one in slots)
    )


def _place(host: str, port: str | int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _opened(place: str, expect: Cache, generation: str, *, sentinel: bool) -> resp.Server:
    return _Login(
        place,
        _context(expect, generation),
        lambda server: _enter(server, expect, generation, sentinel=sentinel),
    )


class _Login(resp.Server):
    def __init__(
        self, place: str, context: ssl.SSLContext | None, enter: Callable[[resp.Server], None]
    ) -> None:
        super().__init__(place, context)
        self._enter = enter

    def __enter__(self) -> resp.Server:
        server = super().__enter__()
        self._enter(server)
        return server


def _enter(server: resp.Server, expect: Cache, generation: str, *, sentinel: bool) -> None:
    name = "REGISTRY_REDIS_SENTINELPASSWORD" if sentinel else "REGISTRY_REDIS_PASSWORD"
    try:
        with open(f"{generation}/registry/secrets.env", encoding="utf-8") as stream:
            lines = dict(line.strip().split("=", 1) for line in stream if "=" in line)
    except OSError:
        lines = {}
    # The value is quoted twice: for systemd, and for the registry's YAML.
    password = json.loads(json.loads(lines[name])) if name in lines else None
    user = expect.get("sentinel_username") if sentinel else expect.get("username")
    server.login(user, password)


def _context(expect: Cache, generation: str) -> ssl.SSLContext | None:
    tls, folder = expect.get("tls"), f"{generation}/registry"
    if not tls:
        return None
    context = ssl.create_default_context(cafile=os.path.join(folder, tls["ca"]))
    if "key" in tls:
        pair = (os.path.join(folder, tls["certificate"]), os.path.join(folder, tls["key"]))
        context.load_cert_chain(*pair)
    return context
