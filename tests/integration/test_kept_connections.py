"""The proxy keeps connections to the registry, and none of them outlives a flip."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.services import (
    HANDOVER_SECONDS,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import links
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    over_tls,
    over_unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.files import link

from holdfast.preview import Preview
from holdfast.rendering.components import services
from holdfast.rendering.registry_binary import runtime
from holdfast.settings import parse
from tests.integration.conftest import running

SETTINGS = parse(
    {
        "registry_hostname": "registry.example.com",
        "registry_distribution_checksum": "sha256:" + "a" * 64,
        "registry_auth_mode": "none",
        "registry_auth_accept_open_access": True,
    }
)
LAST, CLIENTS = 13, 4
"""Past ten: the first generations' digits come again."""


@dataclass
class Seen:
    """Answers to clients while generations changed."""

    serves: int = 1
    """Lowest generation that may answer requests from now on."""
    answered: set[int] = field(default_factory=set)
    requests: int = 0
    wrong: list[str] = field(default_factory=list)


class Generations:
    """Generations of a preview that differ in a header of their registry."""

    def __init__(self, preview: Preview, binary: Path) -> None:
        self.preview, self.binary, self.etc = preview, binary, preview.scratch / "etc"
        config = self.etc / "generations/1/registry/config.yml"
        self._config = config.read_text()
        assert "[nosniff]" in self._config

    def registry(self, number: int) -> ExitStack:
        """Stage a generation and start its registry; it ends when what is returned is closed."""
        place = self.etc / f"generations/{number}"
        shutil.copytree(self.etc / "generations/1", place, symlinks=True)
        for one in place.glob("*.sock"):
            one.unlink()
        manifest = {
            "files": ["systemd/holdfast-registry@.service"],
            "expect": {"services": services(SETTINGS)},
        }
        for path, target in links(number, manifest).items():
            if path.endswith(".sock"):
                (place / path).symlink_to(target)
        headers = f"[nosniff]\n    X-Generation: ['{number}']"
        config = place / "registry/config.yml"
        config.write_text(self._config.replace("[nosniff]", headers))
        address = paths.socket(number)
        argv: list[str | Path] = [self.binary, "serve", config]
        own = {"REGISTRY_HTTP_ADDR": address, "REGISTRY_HTTP_SECRET": "0" * 32, **runtime(512)}
        requested = over_unix(address, "localhost")
        stack = ExitStack()
        stack.enter_context(running(argv, place / "log", requested.check, **own))
        requested.close()
        return stack

    def flip(self, number: int) -> None:
        """Let a generation serve, as a deploy does."""
        link(str(self.etc / "current"), f"generations/{number}")

    def client(self) -> Client:
        """Return a client of the proxy."""
        port = self.preview.settings.proxy.port
        return over_tls("localhost", port, cafile=str(self.preview.ca_file))


@pytest.fixture
def generations(registry_binary: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Generations]:
    with Preview(SETTINGS, registry_binary) as preview:
        monkeypatch.setattr(paths, "RUN", str(preview.scratch / "run"))
        yield Generations(preview, registry_binary)


def _ask(client: Client, seen: Seen, stop: threading.Event) -> None:
    while not stop.is_set():
        for method in ("GET", "HEAD", "GET", "POST"):
            path = "/v2/" if method != "POST" else "/v2/team/app/blobs/uploads/"
            expected = seen.serves
            try:
                reply = client.request(method, path)
            except RegistryError as error:
                seen.wrong.append(f"{method}: {error}")
                continue
            seen.requests += 1
            by = int(reply.headers.get("X-Generation", "1"))
            seen.answered.add(by)
            if by < expected or reply.status not in (200, 202):
                seen.wrong.append(f"{method}: {reply.status} by {by}, not {expected}")


def test_no_request_fails_or_reaches_an_earlier_generation(generations: Generations) -> None:
    seen, stop = Seen(), threading.Event()
    threads = [
        threading.Thread(target=_ask, args=(generations.client(), seen, stop))
        for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    old = ExitStack()
    old.callback(generations.preview.signal, "registry", signal.SIGTERM)
    for number in range(2, LAST + 1):
        new = generations.registry(number)
        generations.flip(number)
        seen.serves = number
        time.sleep(HANDOVER_SECONDS)
        old.close()
        old = new
    stop.set()
    for thread in threads:
        thread.join()
    old.close()
    assert seen.wrong == []
    assert seen.answered == set(range(1, LAST + 1))
    assert seen.requests > 500


def test_connections_are_kept(generations: Generations) -> None:
    with generations.registry(2):
        generations.flip(2)
        client = generations.client()
        for _ in range(20):
            assert client.check() == 200
        # As the kernel has it: those that were accepted are listed with the socket's name.
        open_now = Path("/proc/net/unix").read_text().count(paths.socket(2))
        assert open_now == 2, "one that listens, and one that is kept"
