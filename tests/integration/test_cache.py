"""A real cache behind real registries, with what is rendered for both."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cache import resp
from ansible_collections.holdfast.registry.plugins.module_utils.cache import (
    service as cache_service,
)
from ansible_collections.holdfast.registry.plugins.module_utils.cache import state as cache_state
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.rendering import cache_config
from holdfast.settings import Settings
from tests.integration.generations import (
    VERSIONS,
    client,
    own_cache,
    registry,
    server,
    settings_of,
)
from tests.integration.receiver import certified

IMAGE = two_layer_image("cached")
RIGHTS = (
    "~blobs::* ~repository::* +@connection +hget +hset +hmset +hmget +hsetnx +hdel +hgetall +del"
    " +expire +sadd +srem +sismember +smembers +multi +exec +discard +exists"
)
PLAIN = "a-plain-password"
SECRET = "not: {for} #you"
"""A password that YAML would take for something else."""


def flushed(settings: Settings, folder: Path) -> int:
    """Empty the cache of a generation; return the number of entries."""
    secrets = folder / "generation/registry/secrets.env"
    if secrets.exists():
        secrets.chmod(0o600)
    return cache_service.flush(cache_config.expected(settings), str(folder / "generation"))


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
        with cache_service.keeper() as keeper:
            assert keeper.ask("DBSIZE") > 0
            before = keeper.ask("INFO", "stats")
        assert clients.pull("team/app", "latest") == IMAGE
        with cache_service.keeper() as keeper:
            assert keeper.ask("INFO", "stats") != before
        assert clients.delete("team/app", IMAGE.digest)
        clients.push("team/app", "latest", IMAGE)
        found = cache_state.state(expect, str(tmp_path))
        assert found is not None
        assert (found["problem"], found["rights"], found["open"]) == ("", [], False)
        assert (found["policy"], found["limit"]) == ("allkeys-lru", 8 << 20)
        # What the storage has lost, a warm cache does not know.
        assert cache_service.flush(expect, str(tmp_path)) > 0
        with cache_service.keeper() as keeper:
            assert keeper.ask("DBSIZE") == 0
        assert "NOPERM" not in one.said
    with registry(registry_of, settings, tmp_path, **login) as alone:
        clients = client(alone)
        assert clients.pull("team/app", "latest") == IMAGE
        other = two_layer_image("other")
        clients.push("team/other", "latest", other)
        # 3.x does not delete what it cannot make the cache forget.
        reply = clients.request("DELETE", f"/v2/team/other/manifests/{other.digest}")
        assert reply.status == {"2.8.3": 202, "3.1.1": 500}[version]
        with own_cache(settings, tmp_path), cache_service.keeper() as keeper:
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
            other.ask("SET", "of-another", "in the first database")
            other.ask("SELECT", "3")
            other.ask("SET", "of-another", "in the same database")
            assert other.ask("DBSIZE") > 1
            assert flushed(settings, tmp_path) > 0
            assert other.ask("DBSIZE") == 1
            other.ask("SELECT", "0")
            assert other.ask("DBSIZE") == 1


def test_tls_and_a_login_with_the_least_rights(
    registry_binary: Path, tmp_path: Path, free_port: int
) -> None:
    certified(tmp_path)
    (tmp_path / "users.acl").write_text(f"user default off\nuser reg on >plain {RIGHTS}\n")
    files = {"ca": "ca.pem", "certificate": "client.pem", "key": "client.key"}
    given = {f"cache_{name}": (tmp_path / file).read_text() for name, file in files.items()}
    place = f"localhost:{free_port}"
    given |= {"cache_mode": "external", "cache_tls": True, "cache_addresses": [place]}
    given |= {"cache_username": "reg", "cache_password": "plain"}
    settings = settings_of("3.1.1", tmp_path, **given)
    tls = ("--port", "0", "--tls-port", str(free_port), "--tls-cert-file", tmp_path / "hook.pem")
    tls += ("--tls-key-file", tmp_path / "hook.key", "--tls-ca-cert-file", tmp_path / "ca.pem")
    socket = str(tmp_path / "plain.sock")
    options = ("--unixsocket", socket, "--aclfile", tmp_path / "users.acl", "--save", "")
    with (
        server(socket, tmp_path, *tls, *options),
        registry(registry_binary, settings, tmp_path) as one,
    ):
        clients = client(one)
        clients.push("team/app", "latest", IMAGE)
        assert clients.pull("team/app", "latest") == IMAGE
        assert clients.delete("team/app", IMAGE.digest)
        secrets = tmp_path / "generation/registry/secrets.env"
        secrets.chmod(0o600)
        found = cache_state.state(cache_config.expected(settings), str(tmp_path / "generation"))
        assert found is not None
        # This login may not ask for figures, which is no fault.
        assert (found["problem"], "policy" in found) == ("", False)
        with resp.Server(socket) as plain:
            plain.login("reg", "plain")
            assert plain.ask("EXISTS", f"blobs::{next(iter(IMAGE.blobs))}") == 1
            with pytest.raises(StepError, match=r"scan.*Give the login \+scan there"):
                flushed(settings, tmp_path)


def test_sentinels_name_the_server(
    registry_binary: Path, tmp_path: Path, free_port: int, another_port: int
) -> None:
    watched, sentinel = f"127.0.0.1:{free_port}", f"127.0.0.1:{another_port}"
    (tmp_path / "sentinel.conf").write_text(f"""
port {another_port}
requirepass watching
sentinel monitor main 127.0.0.1 {free_port} 1
sentinel auth-pass main {PLAIN}
""")
    given = {"cache_mode": "external", "cache_addresses": [sentinel], "cache_password": PLAIN}
    given |= {"cache_master_name": "main", "cache_sentinel_password": "watching"}
    settings = settings_of("3.1.1", tmp_path, **given)
    options = ("--port", str(free_port), "--requirepass", PLAIN, "--save", "")
    with (
        server(watched, tmp_path, *options),
        server(sentinel, tmp_path, tmp_path / "sentinel.conf", "--sentinel"),
        registry(registry_binary, settings, tmp_path) as one,
    ):
        client(one).push("team/app", "latest", IMAGE)
        with resp.Server(watched) as other:
            other.login(None, PLAIN)
            assert other.ask("DBSIZE") > 0
            assert flushed(settings, tmp_path) > 0
            assert other.ask("DBSIZE") == 0
        found = cache_state.state(cache_config.expected(settings), str(tmp_path / "generation"))
        assert found is not None
        assert found["problem"] == ""


def test_several_addresses_are_a_cluster(
    registry_binary: Path, tmp_path: Path, free_port: int, another_port: int
) -> None:
    node = f"127.0.0.1:{free_port}"
    given = {"cache_mode": "external", "cache_addresses": [node, f"localhost:{free_port}"]}
    settings = settings_of("3.1.1", tmp_path, **given)
    # Its own choice, 10000 above the port, can be one that there is not.
    ports = ("--port", str(free_port), "--cluster-port", str(another_port))
    options = (*ports, "--cluster-enabled", "yes", "--save", "")
    with server(node, tmp_path, *options, "--dir", tmp_path):
        with resp.Server(node) as other:
            other.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            until = time.monotonic() + 20
            while "cluster_state:ok" not in other.ask("CLUSTER", "INFO"):
                assert time.monotonic() < until
                time.sleep(0.1)
        with registry(registry_binary, settings, tmp_path) as one:
            clients = client(one)
            clients.push("team/app", "latest", IMAGE)
            assert clients.delete("team/app", IMAGE.digest)
            with resp.Server(node) as other:
                assert other.ask("DBSIZE") > 0
                assert flushed(settings, tmp_path) > 0
                assert other.ask("DBSIZE") == 0
