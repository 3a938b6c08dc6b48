"""Check the cache from the host itself, and that nobody else reaches it."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from holdfast.settings import Settings
from holdfast.settings.sections.cache import LocalCache
from holdfast.settings.sections.cache.local import PORT
from holdfast.verification.host_facts import CACHE, Facts
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.skips import not_applicable, not_checked

State = dict[str, Any]
LOOK = f"Look at: journalctl -u {CACHE} -n 50"


@pytest.fixture(scope="session")
def state(facts: Facts, settings: Settings) -> State:
    """Return the state of the cache; it has `problem` if the cache does not answer."""
    if not settings.cache.is_server:
        not_applicable(f"registry_cache_mode is {settings.cache.mode}")
    last = facts.outputs["cache"].rpartition("\n")[2]
    try:
        return dict(json.loads(last))
    except ValueError:
        return {"problem": last or "the host cannot ask it"}


@pytest.fixture(scope="session")
def local_cache(state: State, settings: Settings) -> LocalCache:
    """Return the settings of our own cache if it answers."""
    cache = settings.cache.local
    if cache is None:
        not_applicable("the cache is not ours: registry_cache_mode is external")
    if state["problem"]:
        not_checked("the cache does not answer", "See cache.answers")
    return cache


@pytest.mark.check("cache.answers")
def test_the_cache_answers(state: State) -> None:
    assert not state["problem"], mismatch("an answer of the cache", state["problem"], LOOK)


@pytest.mark.check("cache.policy")
def test_a_full_cache_drops_the_oldest(state: State) -> None:
    if "policy" not in state:
        not_checked("the cache does not give its policy", "Look there: CONFIG GET maxmemory-policy")
    wanted = "allkeys-lru or allkeys-lfu"
    hint = "Set maxmemory-policy there"
    assert state["policy"] in ("allkeys-lru", "allkeys-lfu"), mismatch(
        wanted, state["policy"], hint
    )


@pytest.mark.check("cache.memory")
def test_the_cache_is_bounded(state: State, local_cache: LocalCache) -> None:
    limit = local_cache.memory_mib << 20
    assert state["limit"] == limit, mismatch(f"a bound of {limit} bytes", state["limit"])


@pytest.mark.check("cache.acl")
def test_the_registry_has_no_right_too_many(state: State, local_cache: LocalCache) -> None:
    del local_cache
    assert not state["rights"], listed([f"the registry's login {one}" for one in state["rights"]])


@pytest.mark.check("cache.closed")
def test_nobody_else_reaches_the_cache(
    state: State, local_cache: LocalCache, facts: Facts, endpoint: Endpoint, settings: Settings
) -> None:
    own = settings.cache.port_for(settings.version)
    port = own or PORT
    listening = {one for process in facts.processes.get(CACHE, []) for one in process["ports"]}
    more = sorted(listening - {own})
    problems = [f"it listens on TCP port {one}" for one in more]
    problems += ["it asks for no login"] if state["open"] else []
    if _is_cache(endpoint.address, port):
        problems.append(f"a cache answers on port {port} from outside")
    del local_cache
    assert not problems, listed(problems)


def _is_cache(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), 3) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-DENIED"))
    except OSError:
        return False
