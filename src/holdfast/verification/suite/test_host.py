"""Whether the host can be looked at, and is what the settings call it."""

from __future__ import annotations

import socket

import pytest

from holdfast.rendering import HOST
from holdfast.settings import Settings
from holdfast.verification.inside import Examinations, Facts, UnreachableError
from holdfast.verification.outside import TIMEOUT_SECONDS, Endpoint
from holdfast.verification.target import Target
from holdfast.verification.words import told


@pytest.mark.check("host.reachable")
def test_commands_can_be_run_on_the_host(target: Target, examinations: Examinations) -> None:
    if target.connection is None:
        pytest.skip("looked at from outside only")
    try:
        examinations[target.name].result()
    except UnreachableError as error:
        todo = "Try: " + target.connection.spec.replace("ssh://", "ssh ")
        raise AssertionError(told("to become root on the host", error, todo)) from error


@pytest.mark.check("host.answers")
def test_the_registry_can_be_reached_by_its_name(target: Target) -> None:
    place = Endpoint.of(target)
    try:
        socket.create_connection((place.address, place.port), TIMEOUT_SECONDS).close()
    except OSError as error:
        where = f"an answer at {place.address}:{place.port}"
        todo = f"Look at the name {place.host}, at firewalls, and at holdfast-proxy.socket"
        raise AssertionError(told(where, error, todo)) from error


@pytest.mark.check("host.deployed")
def test_a_generation_serves(inside: Facts) -> None:
    wanted = f"{HOST.current} to lead to a generation"
    assert inside.generation.isdigit(), told(wanted, inside.current or "nothing")


@pytest.mark.check("host.platform")
def test_the_platform_is_the_one_of_the_settings(inside: Facts, settings: Settings) -> None:
    lines = dict(line.split("=", 1) for line in inside.system.splitlines() if "=" in line)
    found = (lines.get("ID", "") + lines.get("VERSION_ID", "")).replace('"', "")
    assert found == settings.platform, told(
        settings.platform, found, f"Set registry_platform: {found}, and deploy"
    )
