"""The services of a generation: started beside the old ones, proven, and drained."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    names,
    signing,
    systemd,
    upstream,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    RegistryError,
    over_unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

Services = dict[str, dict[str, Any]]
"""How each service of a generation is asked whether it is ready, by its name."""

START_SECONDS = 30.0
DUMP_LINES = 60
"""A mirror whose upstream is away ends with its reason above a dump of this length at most."""
WATCHED_SECONDS = 5.0
"""How long a deploy watches the old process drain before it leaves systemd to it."""
HANDOVER_SECONDS = 0.25
"""Connections made just before the flip wait in the old socket's queue that long at most."""


def start(services: Services, host: str, served: Collection[str]) -> tuple[float, dict[str, str]]:
    """Start the services of a generation and wait until each can do its work.

    `services` says of each how it is asked whether it is ready, see holdfast.rendering.services,
    and `instance`. Returns the seconds that it took, and a sentence by service on each that still
    waits for its upstream. That is no failure for one of `served`, units that served before.
    """
    begun, waiting = time.monotonic(), {}
    units = {service: names.unit(one["instance"], service) for service, one in services.items()}
    systemd.run(["systemctl", "reset-failed", *units.values()])
    # One that does not start is found below, with its own journal.
    systemd.run(["systemctl", "start", *units.values()])
    for service, expected in services.items():
        try:
            _await(service, expected, host, begun, anew=units[service] not in served)
        except upstream.AwayError as away:
            if units[service] not in served:
                raise StepError(away.message, away.lines) from away
            waiting[service] = f"{away.message}. It goes on by itself when the upstream is back"
    return time.monotonic() - begun, waiting


def stop(units: list[str]) -> None:
    """Stop services that never served, at once."""
    if not units:
        return
    systemd.run(["systemctl", "kill", "--signal=SIGKILL", *units])
    systemd.run(["systemctl", "stop", *units])


def drain(units: list[str], flipped: float) -> str:
    """Let services that were replaced end what they are answering; return how that went.

    `flipped` is when, by the monotonic clock, new connections began to go elsewhere.
    """
    if not units:
        return "no old one to drain"
    time.sleep(max(0.0, flipped + HANDOVER_SECONDS - time.monotonic()))
    begun = time.monotonic()
    systemd.systemctl("stop", "--no-block", *units)
    while time.monotonic() - begun < WATCHED_SECONDS:
        left = systemd.states(*units)
        if all(state in ("inactive", "failed") for state in left.values()):
            return f"old one drained in {time.monotonic() - begun:.1f} s"
        time.sleep(0.02)
    return "old one goes on until its last transfer is done"


def _await(service: str, expected: dict[str, Any], host: str, begun: float, *, anew: bool) -> None:
    """Wait until a service is ready; one that is started `anew` has one attempt."""
    number = expected["instance"]
    unit, socket = names.unit(number, service), names.socket(number, service)
    what = f"the {service} of generation {number}"
    while not os.path.exists(socket) or not _answers(socket, expected, host):
        state = systemd.show(unit, "ActiveState", "SubState", "NRestarts")
        again = anew and state.get("NRestarts", "0") != "0"
        if state.get("ActiveState") != "active" or again:
            if expected.get("upstream"):
                authorities = f"{names.ETC}/generations/{number}/{expected['folder']}/ca.pem"
                log = systemd.journal(unit, DUMP_LINES)
                upstream.blame(what, expected["upstream"], authorities, log)
            raise StepError(f"{what} does not start", _why(unit))
        if time.monotonic() - begun > START_SECONDS:
            raise StepError(f"{what} gave no answer in {START_SECONDS:.0f} s", _why(unit))
        time.sleep(0.02)
    if expected["writes"]:
        try:
            _can_write(number, socket, expected, host)
        except RegistryError as error:
            raise StepError(f"{what} cannot store: {error}", _why(unit)) from error


def _answers(socket: str, expected: dict[str, Any], host: str) -> bool:
    client = over_unix(socket, host, timeout=5)
    try:
        return bool(client.request("GET", expected["path"]).status == expected["status"])
    except RegistryError:
        return False
    finally:
        client.close()


def _can_write(number: int, socket: str, expected: dict[str, Any], host: str) -> None:
    """Begin an upload and cancel it: the storage takes new files."""
    client = over_unix(socket, host, timeout=10)
    if expected["status"] == 401:
        client = client.bearing(signing.mint(number, "repository:holdfast/smoke:pull,push"))
    begun = client.request("POST", "/v2/holdfast/smoke/blobs/uploads/")
    if begun.status != 202:
        text = begun.body[:200].decode("utf-8", "replace")
        raise RegistryError(f"expected 202 for a new upload, got {begun.status}: {text}")
    client.request("DELETE", begun.headers["Location"])
    client.close()


def _why(unit: str) -> list[str]:
    return systemd.journal(unit)
