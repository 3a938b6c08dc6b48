"""The last proof before an old generation goes: what a client would do, through the real name."""

from __future__ import annotations

import secrets
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import names, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    RegistryError,
    over_tls,
    over_unix,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

REPOSITORY = "holdfast/smoke"


def smoke(number: int, probe: dict[str, Any]) -> str:
    """Log in, push, pull, and be refused; return what was done. Raises StepError.

    `probe` has host, port, address, and username and password when a password is known.
    """
    try:
        return _smoke(number, probe)
    except (OSError, RegistryError) as error:
        log = systemd.journal("holdfast-proxy.service", 5)
        raise StepError(
            f"smoke test: {error}", log + systemd.journal(names.unit(number), 5)
        ) from error


def _smoke(number: int, probe: dict[str, Any]) -> str:
    # The certificate in use is the only one trusted: this proves which one is served, too.
    host, port, address = probe["host"], probe["port"], probe["address"]
    anyone = over_tls(host, port, address=address, cafile=names.CERTIFICATE)
    name = probe.get("username") or "nobody"
    _expect(anyone.check(), 401, "no login")
    _expect(anyone.login(name, secrets.token_urlsafe(24)).check(), 401, "a wrong password")
    if not probe.get("password"):
        _round_trip(over_unix(names.socket(number), probe["host"]))
        return (
            "push and pull (without a login: no user's password is known), wrong password refused"
        )
    client = anyone.login(name, probe["password"])
    _expect(client.check(), 200, f"the login of {name}")
    _round_trip(client)
    return "login, push, pull, wrong password refused"


def _round_trip(client: Client) -> None:
    image = two_layer_image("holdfast smoke test")
    client.push(REPOSITORY, "latest", image, again=True)
    found = client.pull(REPOSITORY, "latest")
    if found != image:
        raise RegistryError(f"{REPOSITORY}:latest came back as another image")
    client.close()


def _expect(status: int, expected: int, what: str) -> None:
    if status != expected:
        raise RegistryError(f"expected {expected} for {what}, got {status}")
