"""A registry that asks for passwords, and how long people stand before it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    over_tls,
)

from benchmarks.lab import PASSWORD
from holdfast.preview import Preview
from holdfast.settings import parse
from testhosts import binary

ANSWERS = 20


@dataclass
class Door:
    """A registry that asks for a password, and who is still to come in."""

    client: Client
    names: Iterator[int]
    """Of users who were not here yet."""
    strangers: Iterator[int] = field(default_factory=count)

    def first(self) -> float:
        """Return the milliseconds of the login of a user who was not here before."""
        return self._entry(f"user{next(self.names)}", 200)

    def unknown(self) -> float:
        """Return the milliseconds in which a user is refused whom nobody knows."""
        return self._entry(f"nobody{next(self.strangers)}", 401)

    def again(self) -> float:
        """Return the milliseconds of a login that is remembered."""
        client = self.client.login("user0", PASSWORD)
        assert client.check() == 200
        begun = time.perf_counter()
        for _ in range(ANSWERS):
            client.check()
        return (time.perf_counter() - begun) / ANSWERS * 1000

    def _entry(self, name: str, status: int) -> float:
        client = self.client.login(name, PASSWORD)
        client.request("GET", "/health")  # the connection is there
        begun = time.perf_counter()
        found = client.check()
        assert found == status, (name, found)
        return (time.perf_counter() - begun) * 1000


@contextmanager
def opened(told: Mapping[str, Any], users: int) -> Iterator[Door]:
    """Open a door for users user0, user1 and so on, all with the one password."""
    settings = parse({**told, "registry_auth_guesses_per_minute": 600})
    with Preview(settings, Path(binary.obtain()["path"])) as preview:
        port, trust = preview.settings.proxy.port, str(preview.ca_file)
        client = over_tls("localhost", port, address="127.0.0.1", cafile=trust)
        yield Door(client, iter(range(users - 1, 0, -1)))
