"""The cache, asked by the host itself; and whether others can ask it, too."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from holdfast.rendering import caching
from holdfast.settings import Settings
from holdfast.settings.cache import ExternalCache, LocalCache
from holdfast.verification.inside import CACHE, Facts
from holdfast.verification.outside import Endpoint
from holdfast.verification.words import listed, told

State = dict[str, Any]
LOOK = f"Look at: journalctl -u {CACHE} -n 50"


@pytest.fixture(scope="session")
def state(facts: Facts, settings: Settings) -> State:
    """What the cache says of itself; `problem` when it says nothing."""
    if not isinstance(settings.cache, LocalCache | ExternalCache):
        pytest.skip(f"registry_cache_mode is {settings.cache.mode}")
    last = facts.said["cache"].rpartition("\n")[2]
    try:
        return dict(json.loads(last))
    except ValueError:
        return {"problem": last or "the host cannot ask it"}


@pytest.fixture(scope="session")
def own(state: State, settings: Settings) -> LocalCache:
    """Our own cache, when there is one and it answers."""
    if not isinstance(settings.cache, LocalCache):
        pytest.skip("the cache is not ours: registry_cache_mode is external")
    if state["problem"]:
        pytest.skip("the cache says nothing, see cache.answers")
    return settings.cache


@pytest.mark.check("cache.answers")
def test_the_cache_answers(state: State) -> None:
    assert not state["problem"], told("an answer of the cache", state["problem"], LOOK)


@pytest.mark.check("cache.policy")
def test_a_full_cache_drops_the_oldest(state: State) -> None:
    if "policy" not in state:
        pytest.skip("the cache says nothing of it")
    wanted = "allkeys-lru or allkeys-lfu"
    hint = "Set maxmemory-policy there"
    assert state["policy"] in ("allkeys-lru", "allkeys-lfu"), told(wanted, state["policy"], hint)


@pytest.mark.check("cache.memory")
def test_the_cache_is_bounded(state: State, own: LocalCache) -> None:
    limit = own.memory_mib << 20
    assert state["limit"] == limit, told(f"a bound of {limit} bytes", state["limit"])


@pytest.mark.check("cache.acl")
def test_the_registry_has_no_right_too_many(state: State, own: LocalCache) -> None:
    del own
    assert not state["rights"], listed([f"the registry's login {one}" for one in state["rights"]])


@pytest.mark.check("cache.closed")
def test_nobody_else_reaches_the_cache(
    state: State, own: LocalCache, facts: Facts, endpoint: Endpoint, settings: Settings
) -> None:
    port = caching.port(settings) or caching.PORT
    listening = {one for process in facts.processes.get(CACHE, []) for one in process["ports"]}
    more = sorted(listening - {caching.port(settings)})
    problems = [f"it listens on TCP port {one}" for one in more]
    problems += ["it asks for no login"] if state["open"] else []
    if _is_cache(endpoint.address, port):
        problems.append(f"a cache answers on port {port} from outside")
    del own
    assert not problems, listed(problems)


def _is_cache(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), 3) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-DENIED"))
    except OSError:
        return False
