"""Check the listening ports, and those that answer from outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_address

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import RegistryError

from holdfast.rendering.components import ports as rendered_ports
from holdfast.rendering.listeners import listeners
from holdfast.settings import Settings
from holdfast.verification.host_facts import CACHE, Facts
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.network.endpoint import Endpoint

RULERS = ((2375, "/version"), (2379, "/version"), (10255, "/pods"), (8080, "/debug/pprof/"))
"""Docker, etcd, the kubelet and Go profiles: access to them gives control of the host."""
RULER_SECONDS = 2.0
REGISTRY_PORTS = (5000, 5001)
"""Default ports of registries: the API, and metrics with profiles."""


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
    assert processes, mismatch(f"a process of {facts.registry}", "none")
    ports = [port for process in processes for port in process["ports"]]
    assert not ports, mismatch("a unix socket only", f"the registry on TCP port {ports}")


@pytest.mark.check("net.closed")
def test_no_registry_answers_beside_the_proxy(endpoint: Endpoint) -> None:
    ours = [port for port in REGISTRY_PORTS if port != endpoint.port]
    problems = [
        f"a registry answers on port {port}, without TLS and login"
        for port in ours
        if _is_registry(endpoint, port)
    ]
    assert not problems, listed(problems, "Stop it, or close the port")


@pytest.mark.check("net.families")
def test_every_address_of_the_settings_answers(facts: Facts, settings: Settings) -> None:
    scraped = settings.metrics.listen if settings.metrics.address else None
    known = [*(address for address, _ in listeners(settings)), *([scraped] if scraped else [])]
    wanted = set(map(_table_form, known))
    missing = sorted(wanted - set(facts.addresses))
    todo = "Look at: systemctl status holdfast-proxy.socket"
    assert not missing, listed([f"nothing listens on {one}" for one in missing], todo)


@pytest.mark.check("net.ours")
def test_our_processes_listen_nowhere_else(facts: Facts, settings: Settings) -> None:
    allowed = {(CACHE, settings.cache.port_for(settings.version))}
    problems = [
        f"process {process['pid']} of {unit} listens on port {port} by itself"
        for unit, processes in facts.processes.items()
        for process in processes
        for port in process["ports"]
        if unit.startswith("holdfast") and (unit, port) not in allowed
    ]
    assert not problems, listed(problems)


@pytest.mark.check("net.control")
def test_nothing_that_rules_the_host_answers(endpoint: Endpoint) -> None:
    with ThreadPoolExecutor(len(RULERS)) as pool:
        found = dict(
            zip(RULERS, pool.map(lambda one: _answers(endpoint, *one), RULERS), strict=True)
        )
    problems = [
        f"port {port} answers {path} without a login" for (port, path), yes in found.items() if yes
    ]
    assert not problems, listed(problems, "Close the port, or ask for certificates there")


def _answers(endpoint: Endpoint, port: int, path: str) -> bool:
    quick = replace(endpoint, seconds=RULER_SECONDS)
    try:
        return quick.plain(port, path, endpoint.host).status == 200
    except RegistryError:
        return False


def _table_form(address: str) -> str:
    """Return an address and port in the form of the kernel's tables."""
    host, _, port = address.rpartition(":")
    return f"{ip_address(host.strip('[]')).packed.hex()}:{port}"


def _is_registry(endpoint: Endpoint, port: int) -> bool:
    try:
        reply = endpoint.plain(port, "/v2/", endpoint.host)
        debug = endpoint.plain(port, "/debug/health", endpoint.host)
    except RegistryError:
        return False
    return "Docker-Distribution-Api-Version" in reply.headers or debug.status == 200
