"""A service behind the proxy that nobody reaches is seen, though the proxy itself answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry import liveness
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths

from holdfast.deploying import desired
from holdfast.settings import Settings, parse
from tests.integration import pairs
from tests.integration.test_verification import two_ports

MODES: dict[str, tuple[str, dict[str, Any]]] = {
    "socket": ("a login is answered with 50", {}),
    "issuer.sock": (
        "a request for a token is answered with 50",
        {
            "registry_auth_mode": "token",
            "registry_auth_rules": [
                {"subjects": ["user:alice"], "repositories": ["**"], "actions": ["push"]}
            ],
        },
    ),
}
"""By the socket of the service that checks logins: what is said of it, and the mode."""


@pytest.fixture(params=MODES)
def lost(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(lost: str, tmp_path: Path) -> Settings:
    port, http_port = two_ports()
    return parse(
        {
            "registry_hostname": "registry.test.example",
            "registry_platform": "debian12",
            "registry_distribution_checksum": "sha256:" + "0" * 64,
            "registry_auth_users": [{"name": "alice", "password": "correct-horse-battery"}],
            "registry_storage_directory": str(tmp_path / "data"),
            "registry_proxy_addresses": ["127.0.0.1"],
            "registry_proxy_port": port,
            "registry_proxy_http_port": http_port,
            **MODES[lost][1],
        }
    )


@pytest.fixture
def probe(
    settings: Settings, tmp_path: Path, registry_binary: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Yield the probe of a host whose proxy, registry and service for logins run."""
    monkeypatch.setattr(paths, "CERTIFICATE", str(pairs.prepare(tmp_path, settings)))
    with (
        pairs.registry(registry_binary, tmp_path, settings),
        pairs.proxy(tmp_path, settings, lambda text: text),
    ):
        yield desired(settings).expect["probe"]


def test_a_lost_service_for_logins_is_seen(lost: str, probe: Any, tmp_path: Path) -> None:
    assert (liveness.problems(probe), liveness.login_problems(probe)) == ([], [])
    place = tmp_path / "run" / lost
    place.rename(f"{place}.away")
    # The proxy refuses a client without a login all by itself.
    assert liveness.problems(probe) == []
    (problem,) = liveness.login_problems(probe)
    assert problem.startswith(MODES[lost][0]), problem
    place.with_name(f"{lost}.away").rename(place)
    assert liveness.login_problems(probe) == []


@pytest.mark.parametrize("lost", ["issuer.sock"], indirect=True)
def test_an_issuer_starts_over_the_socket_of_a_killed_one(
    lost: str, settings: Settings, tmp_path: Path
) -> None:
    pairs.prepare(tmp_path, settings)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "run" / lost))
    # It waits until the new one answers.
    with pairs.issuer(tmp_path):
        pass
