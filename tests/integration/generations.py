"""The registry and the cache of a rendered generation, as processes of this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cache import resp
from ansible_collections.holdfast.registry.plugins.module_utils.cache import (
    service as cache_service,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry import (
    client as registry_client,
)

from holdfast.rendering import Layout, render
from holdfast.rendering.secrets import environment
from holdfast.settings import Settings, parse
from tests.integration.conftest import running
from tests.integration.startup import NAME, Run, serving
from tests.skips import lacks

VERSIONS = pytest.mark.parametrize(
    ("registry_of", "version"), [("2.8.2", "2.8.3"), ("3.1.1", "3.1.1")], indirect=["registry_of"]
)
"""The binaries at hand, and the version to say in the settings."""


def distribution(version: str) -> dict[str, str]:
    """Return the settings that say which registry runs."""
    if version.startswith("2."):
        return {"registry_distribution_source": "package"}
    return {"registry_distribution_checksum": "sha256:" + "a" * 64}


def settings_of(version: str, folder: Path, **changes: Any) -> Settings:
    """Return the settings of a registry of a version, with its images below a folder."""
    flat = {
        "registry_hostname": NAME,
        "registry_auth_users": [{"name": "alice", "password": "correct-horse-battery"}],
        "registry_storage_directory": str(folder / "images"),
        "registry_storage_delete": True,
        "registry_log_level": "info",
        **distribution(version),
        **{f"registry_{name}": value for name, value in changes.items()},
    }
    return parse({name: value for name, value in flat.items() if value is not None})


def layout(folder: Path) -> Layout:
    """Return a layout in which the cache has its socket below a folder."""
    return Layout(cache_run=str(folder), cache_state=str(folder))


def written(settings: Settings, folder: Path) -> Path:
    """Write a generation; return its folder."""
    place = folder / "generation"
    for path, file in render(settings, layout(folder)).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(file.content)
    return place


@contextmanager
def registry(binary: Path, settings: Settings, folder: Path, **more: str) -> Iterator[Run]:
    """Run the registry of a generation, with its secrets in the environment as the unit has."""
    config = written(settings, folder) / "registry/config.yml"
    place = str(folder / "socket")
    secrets = {"REGISTRY_HTTP_SECRET": "0" * 32, **environment(settings), **more}
    with serving(
        binary, config, folder / "log", folder / "socket", REGISTRY_HTTP_ADDR=place, **secrets
    ) as one:
        assert one.ask("GET", "/v2/").status == 200, one.said
        yield one


def client(one: Run) -> registry_client.Client:
    """Return a client of a running registry."""
    return registry_client.over_unix(str(one.socket), NAME)


def server_program(folder: Path) -> Path:
    """Return the cache's program: one file is server, sentinel and checker by its name."""
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    many = shutil.which("redis-check-rdb") or shutil.which("valkey-check-rdb")
    if found is None and many is None:
        lacks("cache", "no Valkey or Redis here: make tools")
    place = folder / "redis-server"
    if not place.exists():
        place.symlink_to(found or str(many))
    return place


@contextmanager
def server(place: str, folder: Path, *arguments: str | Path) -> Iterator[None]:
    """Run a cache until the block ends; begin when it answers at a socket or an address."""

    def ask() -> None:
        try:
            with resp.Server(place) as one:
                one.ask("PING")
        except resp.CacheError as error:
            if "NOAUTH" not in str(error):
                raise OSError(str(error)) from error

    with running([server_program(folder), *arguments], folder / "cache.log", ask):
        yield


@contextmanager
def own_cache(settings: Settings, folder: Path) -> Iterator[dict[str, str]]:
    """Run our own cache of a generation; yield the environment that its registry needs."""
    place = written(settings, folder) / "cache"
    (folder / cache_service.LOGIN).write_text(f"{cache_service.VARIABLE}{'5' * 64}\n")
    (folder / cache_service.KEEPER).write_text("7" * 64)
    socket = str(folder / "cache.sock")
    with patch.multiple(cache_service, SECRETS=str(folder), SOCKET=socket):
        users = cache_service.users((place / "users.acl").read_text())
        (folder / "users.acl").write_text(users)
        with server(socket, folder, place / "cache.conf"):
            yield {"REGISTRY_REDIS_PASSWORD": "5" * 64}
