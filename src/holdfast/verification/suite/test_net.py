"""Who listens where."""

from __future__ import annotations

import http.client

import pytest

from holdfast.rendering.render import ports as rendered_ports
from holdfast.settings import Settings
from holdfast.verification.inside import Facts
from holdfast.verification.outside import Endpoint
from holdfast.verification.words import listed, told

REGISTRY_PORTS = (5000, 5001)
"""Where registries listen when nobody tells them otherwise: API, and metrics and profiles."""


@pytest.mark.check("net.ports")
def test_the_ports_of_the_settings_are_listened_on(facts: Facts, settings: Settings) -> None:
    missing = sorted(set(rendered_ports(settings)) - set(facts.ports))
    assert not missing, listed(
        [f"nothing listens on port {port}" for port in missing],
        "Look at: systemctl status holdfast-proxy.socket",
    )


@pytest.mark.check("net.registry")
def test_the_registry_listens_on_no_port(facts: Facts) -> None:
    processes = facts.processes.get(facts.registry, [])
    assert processes, told(f"a process of {facts.registry}", "none")
    ports = [port for process in processes for port in process["ports"]]
    assert not ports, told("a unix socket only", f"the registry on TCP port {ports}")


@pytest.mark.check("net.closed")
def test_no_registry_answers_beside_the_proxy(endpoint: Endpoint) -> None:
    ours = [port for port in REGISTRY_PORTS if port != endpoint.port]
    problems = [
        f"a registry answers on port {port}, without TLS and login"
        for port in ours
        if _is_registry(endpoint, port)
    ]
    assert not problems, listed(problems, "Stop it, or close the port")


def _is_registry(endpoint: Endpoint, port: int) -> bool:
    try:
        reply = endpoint.plain(port, "/v2/", endpoint.host)
        debug = endpoint.plain(port, "/debug/health", endpoint.host)
    except (OSError, http.client.HTTPException):
        return False
    return "Docker-Distribution-Api-Version" in reply.headers or debug.status == 200
