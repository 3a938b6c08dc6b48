"""Real registries as processes of this machine, in scratch directories."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry import (
    client as registry_client,
)

from testhosts import binary
from testhosts.machine import HarnessError
from tests.skips import lacks

STARTED_WITHIN_SECONDS = 20.0
NAME = "registry.test.example"


@pytest.fixture(scope="session")
def registry_binary() -> Path:
    """The real registry, version 3: upstream's release, else built with Go."""
    return Path(binary.obtain()["path"])


@pytest.fixture(scope="session")
def packaged_registry_binary() -> Path:
    """The registry 2.8 of Debian's package docker-registry, unpacked and not installed."""
    try:
        return binary.packaged()
    except HarnessError as error:
        lacks("package", f"docker-registry cannot be downloaded: {error}")


@pytest.fixture
def registry_of(
    request: pytest.FixtureRequest, registry_binary: Path, packaged_registry_binary: Path
) -> Path:
    """The real registry of the version that a test's parameter names."""
    return {"2.8.2": packaged_registry_binary, "3.1.1": registry_binary}[request.param]


@pytest.fixture
def free_port() -> int:
    """A TCP port of loopback that nothing listened on a moment ago."""
    return _free_port()


@pytest.fixture
def another_port() -> int:
    """Another one."""
    return _free_port()


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Path]]:
    """Start registries on unix sockets: `serve(binary, delete=True)` returns the socket."""
    with ExitStack() as running:
        yield lambda binary, **options: running.enter_context(
            registry_process(binary, tmp_path_factory.mktemp("registry"), **options)
        )


@contextmanager
def registry_process(binary: Path, directory: Path, *, delete: bool = False) -> Iterator[Path]:
    """Run a registry that keeps everything below a directory; yield its unix socket."""
    listening, config = directory / "socket", directory / "config.yml"
    config.write_text(yaml.safe_dump(_config(directory, listening, delete)))
    client = registry_client.over_unix(str(listening), NAME)
    with running([binary, "serve", config], directory / "registry.log", client.check):
        client.close()
        yield listening


@contextmanager
def running(
    argv: Sequence[str | Path], log: Path, ask: Callable[[], object], **environment: str
) -> Iterator[None]:
    """Run a process; yield when a request to it gives no connection error."""
    everything = {**os.environ, "OTEL_TRACES_EXPORTER": "none", **environment}
    with log.open("wb") as stream:
        process = subprocess.Popen(argv, env=everything, stdout=stream, stderr=subprocess.STDOUT)
    try:
        _await(process, ask, log)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _config(directory: Path, listening: Path, delete: bool) -> dict[str, object]:
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(directory / "data")},
            "delete": {"enabled": delete},
        },
        "http": {
            "net": "unix",
            "addr": str(listening),
            "secret": "0" * 32,
            "host": f"https://{NAME}",
        },
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await(process: subprocess.Popen[bytes], ask: Callable[[], object], log: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            ask()
            return
        except (OSError, registry_client.RegistryError):
            time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not answer: {log.read_text()[-2000:]}")
