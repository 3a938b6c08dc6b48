"""Measure logins at a registry that requires passwords."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
)

from benchmarks.lab import PASSWORD
from holdfast.preview import Preview
from holdfast.settings import parse
from testhosts import binary

ANSWERS = 20


@dataclass
class LoginGate:
    """A registry that requires passwords, and the users who have not logged in yet."""

    client: Client
    names: Iterator[int]
    """Numbers of the users who have not logged in yet."""
    strangers: Iterator[int] = field(default_factory=count)

    def first(self) -> float:
        """Return the milliseconds of a user's first login."""
        return self._entry(f"user{next(self.names)}", 200)

    def unknown(self) -> float:
        """Return the milliseconds until an unknown user is refused."""
        return self._entry(f"nobody{next(self.strangers)}", 401)

    def again(self) -> float:
        """Return the milliseconds of a remembered login."""
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
def opened(variables: Mapping[str, Any], users: int) -> Iterator[LoginGate]:
    """Run a registry for the users user0, user1 and so on, all with the same password."""
    settings = parse({**variables, "registry_auth_guesses_per_minute": 600})
    with Preview(settings, Path(binary.obtain()["path"])) as preview:
        port, trust = preview.settings.proxy.port, str(preview.ca_file)
        client = over_tls("localhost", port, address="127.0.0.1", cafile=trust)
        yield LoginGate(client, iter(range(users - 1, 0, -1)))
