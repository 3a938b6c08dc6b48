"""How the cache is, asked of the cache itself: the registry says 200 with a dead one, too."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Callable
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import cache, resp

FORBIDDEN = (
    ("CONFIG", "GET", "maxmemory"),
    ("KEYS", "*"),
    ("GET", "blobs::holdfast"),
    ("HGET", "other", "field"),
    ("EVAL", "return 1", "0"),
    ("ACL", "LIST"),
    ("CLIENT", "LIST"),
    ("SAVE",),
)
"""Commands that change nothing, and that the registry's login must not be able to run."""
ALLOWED = (("HGET", "blobs::holdfast", "digest"), ("SISMEMBER", "repository::holdfast", "x"))


def state(expect: dict[str, Any] | None, generation: str) -> dict[str, Any] | None:
    """Return `mode`, `problem` (empty: it answers) and figures; None: nothing can be asked.

    `expect` is what the generation says of its cache. Figures are `policy`, `limit`, `used`
    (bytes), `keys`, `hits`, `misses`, where the login may ask for them; of our own also `open`,
    whether it lets in who has no login, and `rights`, what is wrong with those of the registry.
    """
    if not expect or expect["mode"] not in ("local", "external"):
        return None
    own = expect["mode"] == "local"
    found: dict[str, Any] = {"mode": expect["mode"], "problem": "", "rights": [], "open": False}
    try:
        with cache.keeper() if own else _external(expect, generation) as server:
            server.ask(*(("PING",) if "master_name" not in expect else _sentinel(expect)))
            found.update(_figures(server) if "master_name" not in expect else {})
        if own:
            found.update(open=_lets_in_anybody(), rights=_rights(expect["username"]))
    except (resp.CacheError, OSError) as error:
        found["problem"] = str(error)
    return found


def _figures(server: resp.Server) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        lines = server.ask("INFO").splitlines()
        info = dict(line.split(":", 1) for line in lines if ":" in line)
        found = {
            "limit": int(info["maxmemory"]),
            "used": int(info["used_memory"]),
            "policy": info["maxmemory_policy"],
            "hits": int(info["keyspace_hits"]),
            "misses": int(info["keyspace_misses"]),
        }
        found["keys"] = server.ask("DBSIZE")
    except resp.CacheError:
        pass  # the login may not ask, which is right for one of the user's own
    return found


def _lets_in_anybody() -> bool:
    with resp.Server(cache.SOCKET) as server:
        return not _refused(server, ("PING",))


def _rights(username: str) -> list[str]:
    """Return what the registry's login can do and should not, and the other way round."""
    with resp.Server(cache.SOCKET) as server:
        server.login(username, cache.registry_password())
        excess = [" ".join(words) for words in FORBIDDEN if not _refused(server, words)]
        lacking = [" ".join(words) for words in ALLOWED if _refused(server, words)]
    return [f"may {one}" for one in excess] + [f"may not {one}" for one in lacking]


def _refused(server: resp.Server, words: tuple[str, ...]) -> bool:
    try:
        server.ask(*words)
    except resp.CacheError as error:
        return "NOPERM" in str(error) or "NOAUTH" in str(error)
    return False


def _sentinel(expect: dict[str, Any]) -> tuple[str, ...]:
    return ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", expect["master_name"])


def _external(expect: dict[str, Any], generation: str) -> resp.Server:
    """Return a connection to the first address that answers, logged in as the registry is."""
    problem: resp.CacheError | None = None
    for place in expect["addresses"]:
        server = _Login(
            place, _context(expect, generation), lambda s: _enter(s, expect, generation)
        )
        try:
            with server:
                pass
            return server
        except resp.CacheError as error:
            problem = error
    raise problem or resp.CacheError("no address")


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


def _enter(server: resp.Server, expect: dict[str, Any], generation: str) -> None:
    sentinel = "master_name" in expect
    name = "REGISTRY_REDIS_SENTINELPASSWORD" if sentinel else "REGISTRY_REDIS_PASSWORD"
    try:
        with open(f"{generation}/registry/secrets.env", encoding="utf-8") as stream:
            lines = dict(line.strip().split("=", 1) for line in stream if "=" in line)
    except OSError:
        lines = {}
    # The value is quoted twice: for systemd, and for the registry's YAML.
    password = json.loads(json.loads(lines[name])) if name in lines else None
    server.login(expect.get("sentinel_username" if sentinel else "username"), password)


def _context(expect: dict[str, Any], generation: str) -> ssl.SSLContext | None:
    if not expect.get("tls"):
        return None
    folder = f"{generation}/registry/"
    names = {
        key: one if one.startswith("/") else folder + one for key, one in expect["tls"].items()
    }
    context = ssl.create_default_context(cafile=names["ca"])
    if "key" in names:
        context.load_cert_chain(names["certificate"], names["key"])
    return context


def main(generation: str) -> int:
    """Print the state of a generation's cache as JSON, for `holdfast verify`."""
    with open(f"{generation}/manifest.json", encoding="utf-8") as stream:
        expect = json.load(stream)["expect"].get("cache")
    print(json.dumps(state(expect, generation)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
