"""Query the state of the cache itself, because the registry answers 200 without one, too."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.cache import external, resp
from ansible_collections.holdfast.registry.plugins.module_utils.cache import (
    service as cache_service,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import (
        Cache,
        CacheFigures,
        CacheState,
    )

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
"""Commands that change nothing, and that the registry's login must not be allowed to run."""
ALLOWED = (("HGET", "blobs::holdfast", "digest"), ("SISMEMBER", "repository::holdfast", "x"))


def state(expect: Cache | None, generation: str) -> CacheState | None:
    """Return `mode`, `problem` (empty if it answers) and figures; None for a cache in memory.

    `expect` is the cache section of the generation's manifest. Figures are `policy`, `limit`,
    `used` (bytes), `keys`, `hits` and `misses`, if the login may read them. For our own cache also
    `open`, true if it accepts clients without a login, and `rights`, one text for each wrong right
    of the registry.
    """
    if not expect or expect["mode"] not in ("local", "external"):
        return None
    own = expect["mode"] == "local"
    found: CacheState = {"mode": expect["mode"], "problem": "", "rights": [], "open": False}
    try:
        with cache_service.keeper() if own else external.connection(expect, generation) as server:
            sentinel = "master_name" in expect
            server.ask(*(external.sentinel_question(expect) if sentinel else ("PING",)))
            found = found if sentinel else {**found, **_figures(server)}
        if own:
            found["open"], found["rights"] = _lets_in_anybody(), _rights(expect["username"])
    except (resp.CacheError, OSError) as error:
        found["problem"] = str(error)
    return found


def _figures(server: resp.Server) -> CacheFigures:
    found: CacheFigures = {}
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
    with resp.Server(cache_service.SOCKET) as server:
        return not _refused(server, ("PING",))


def _rights(username: str) -> list[str]:
    """Return the commands that the registry's login may run but should not, and the reverse."""
    with resp.Server(cache_service.SOCKET) as server:
        server.login(username, cache_service.registry_password())
        excess = [" ".join(words) for words in FORBIDDEN if not _refused(server, words)]
        lacking = [" ".join(words) for words in ALLOWED if _refused(server, words)]
    return [f"may {one}" for one in excess] + [f"may not {one}" for one in lacking]


def _refused(server: resp.Server, words: tuple[str, ...]) -> bool:
    try:
        server.ask(*words)
    except resp.CacheError as error:
        return "NOPERM" in str(error) or "NOAUTH" in str(error)
    return False


def main(generation: str) -> int:
    """Print the state of a generation's cache as JSON, for `holdfast verify`."""
    with open(f"{generation}/manifest.json", encoding="utf-8") as stream:
        expect = json.load(stream)["expect"].get("cache")
    print(json.dumps(state(expect, generation)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
