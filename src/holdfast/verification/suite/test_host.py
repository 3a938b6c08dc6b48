"""Check that the host can be reached, and is the platform of the settings."""

from __future__ import annotations

import socket

import pytest

from holdfast.platforms import found
from holdfast.rendering import HOST
from holdfast.settings import Settings
from holdfast.verification import evidence
from holdfast.verification.host_facts import Facts, PendingFacts
from holdfast.verification.messages import mismatch
from holdfast.verification.network.endpoint import TIMEOUT_SECONDS, Endpoint
from holdfast.verification.remote import UnreachableError
from holdfast.verification.skips import INSIDE, not_checked
from holdfast.verification.target import Target


@pytest.mark.check("host.reachable")
def test_commands_can_be_run_on_the_host(target: Target, pending_facts: PendingFacts) -> None:
    if target.connection is None:
        not_checked("looked at from outside only", INSIDE)
    try:
        pending_facts[target.name].result()
    except UnreachableError as error:
        todo = "Try: " + target.connection.spec.replace("ssh://", "ssh ")
        raise AssertionError(mismatch("to become root on the host", error, todo)) from error


@pytest.mark.check("host.answers")
def test_the_registry_can_be_reached_by_its_name(target: Target) -> None:
    public_endpoint = Endpoint.of(target)
    try:
        socket.create_connection(
            (public_endpoint.address, public_endpoint.port), TIMEOUT_SECONDS
        ).close()
        evidence.note(f"TCP {public_endpoint.address}:{public_endpoint.port} → accepted")
    except OSError as error:
        where = f"an answer at {public_endpoint.address}:{public_endpoint.port}"
        todo = (
            f"Look at the name {public_endpoint.host}, at firewalls, and at holdfast-proxy.socket"
        )
        raise AssertionError(mismatch(where, error, todo)) from error


@pytest.mark.check("host.deployed")
def test_a_generation_serves(host_facts: Facts) -> None:
    wanted = f"{HOST.current} to lead to a generation"
    assert host_facts.generation.isdigit(), mismatch(wanted, host_facts.current or "nothing")


@pytest.mark.check("host.platform")
def test_the_platform_is_the_one_of_the_settings(host_facts: Facts, settings: Settings) -> None:
    there = found(host_facts.system)
    assert there == settings.platform, mismatch(
        settings.platform, there, f"Set registry_platform: {there}, and deploy"
    )
