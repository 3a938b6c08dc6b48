"""A real cache behind real registries, with what is rendered for both."""

from __future__ import annotations

import time
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils import cache, cache_state, resp
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    two_layer_image,
)

from tests.integration.generations import (
    VERSIONS,
    client,
    own_cache,
    registry,
    server,
    settings_of,
)

IMAGE = two_layer_image("cached")
SECRET = "not: {for} #you"
"""A password that YAML would take for something else."""


@VERSIONS
def test_our_own_cache_remembers_and_its_death_is_survived(
    registry_of: Path, version: str, tmp_path: Path, free_port: int
) -> None:
    port = {"cache_port": free_port} if version == "2.8.3" else {}
    settings = settings_of(version, tmp_path, cache_mode="local", cache_memory_mib=8, **port)
    expect = {"mode": "local", "username": "default" if port else "registry"}
    with (
        own_cache(settings, tmp_path) as login,
        registry(registry_of, settings, tmp_path, **login) as one,
    ):
        clients = client(one)
        clients.push("team/app", "latest", IMAGE)
        assert clients.pull("team/app", "latest") == IMAGE
        with cache.keeper() as keeper:
            assert keeper.ask("DBSIZE") > 0
            before = keeper.ask("INFO", "stats")
        assert clients.pull("team/app", "latest") == IMAGE
        with cache.keeper() as keeper:
            assert keeper.ask("INFO", "stats") != before
        assert clients.delete("team/app", IMAGE.digest)
        clients.push("team/app", "latest", IMAGE)
        found = cache_state.state(expect, str(tmp_path))
        assert found is not None
        assert (found["problem"], found["rights"], found["open"]) == ("", [], False)
        assert (found["policy"], found["limit"]) == ("allkeys-lru", 8 << 20)
        # What the storage has lost, a warm cache does not know.
        assert cache.flush(expect) > 0
        with cache.keeper() as keeper:
            assert keeper.ask("DBSIZE") == 0
        assert "NOPERM" not in one.said
    with registry(registry_of, settings, tmp_path, **login) as alone:
        clients = client(alone)
        assert clients.pull("team/app", "latest") == IMAGE
        clients.push("team/other", "latest", two_layer_image("other"))
        with own_cache(settings, tmp_path), cache.keeper() as keeper:
            # The client library of 3.x tries a dead cache again once a second.
            until = time.monotonic() + 10
            while keeper.ask("DBSIZE") == 0:
                assert time.monotonic() < until, alone.said[-2000:]
                assert clients.pull("team/app", "latest") == IMAGE
                time.sleep(0.1)


@VERSIONS
def test_a_cache_of_ones_own_with_a_password(
    registry_of: Path, version: str, tmp_path: Path, free_port: int
) -> None:
    place = f"127.0.0.1:{free_port}"
    given = {"cache_mode": "external", "cache_addresses": [place], "cache_password": SECRET}
    settings = settings_of(version, tmp_path, **given, cache_db=3)
    options = ("--port", str(free_port), "--requirepass", SECRET, "--save", "")
    with server(place, tmp_path, *options), registry(registry_of, settings, tmp_path) as one:
        client(one).push("team/app", "latest", IMAGE)
        with resp.Server(place) as other:
            other.login(None, SECRET)
            other.ask("SELECT", "3")
            assert other.ask("DBSIZE") > 0
