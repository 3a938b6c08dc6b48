"""The registry process of a generation: started beside the old one, proven, and drained."""

from __future__ import annotations

import os
import time

from ansible_collections.holdfast.registry.plugins.module_utils import names, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    RegistryError,
    over_unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

START_SECONDS = 30.0
WATCHED_SECONDS = 5.0
"""How long a deploy watches the old process drain before it leaves systemd to it."""
HANDOVER_SECONDS = 0.25
"""Connections made just before the flip wait in the old socket's queue that long at most."""


def start(number: int, host: str) -> float:
    """Start the registry of a generation and wait until it can take an upload; return seconds."""
    begun = time.monotonic()
    unit = names.unit(number)
    systemd.run(["systemctl", "reset-failed", unit])
    if systemd.run(["systemctl", "start", unit]).returncode:
        raise StepError(f"the registry of generation {number} does not start", _why(unit))
    while not os.path.exists(names.socket(number)) or not _answers(number, host):
        state = systemd.show(unit, "ActiveState", "SubState", "NRestarts")
        if state.get("ActiveState") != "active" or state.get("NRestarts", "0") != "0":
            raise StepError(f"the registry of generation {number} does not start", _why(unit))
        if time.monotonic() - begun > START_SECONDS:
            raise StepError(
                f"generation {number} gave no answer in {START_SECONDS:.0f} s", _why(unit)
            )
        time.sleep(0.02)
    try:
        _can_write(number, host)
    except RegistryError as error:
        raise StepError(f"generation {number} cannot store: {error}", _why(unit)) from error
    return time.monotonic() - begun


def stop(number: int) -> None:
    """Stop a registry that never served, at once."""
    systemd.run(["systemctl", "kill", "--signal=SIGKILL", names.unit(number)])
    systemd.run(["systemctl", "stop", names.unit(number)])


def drain(numbers: list[int], flipped: float) -> str:
    """Let registries that were replaced end what they are answering; return how that went.

    `flipped` is when, by the monotonic clock, new connections began to go elsewhere.
    """
    if not numbers:
        return "no old one to drain"
    time.sleep(max(0.0, flipped + HANDOVER_SECONDS - time.monotonic()))
    begun = time.monotonic()
    units = [names.unit(number) for number in numbers]
    systemd.systemctl("stop", "--no-block", *units)
    while time.monotonic() - begun < WATCHED_SECONDS:
        left = systemd.states(*units)
        if all(state in ("inactive", "failed") for state in left.values()):
            return f"old one drained in {time.monotonic() - begun:.1f} s"
        time.sleep(0.02)
    return "old one goes on until its last transfer is done"


def _answers(number: int, host: str) -> bool:
    client = over_unix(names.socket(number), host, timeout=5)
    try:
        return client.check() == 200
    except RegistryError:
        return False
    finally:
        client.close()


def _can_write(number: int, host: str) -> None:
    """Begin an upload and cancel it: the storage takes new files."""
    client = over_unix(names.socket(number), host, timeout=10)
    begun = client.request("POST", "/v2/holdfast/smoke/blobs/uploads/")
    if begun.status != 202:
        text = begun.body[:200].decode("utf-8", "replace")
        raise RegistryError(f"expected 202 for a new upload, got {begun.status}: {text}")
    client.request("DELETE", begun.headers["Location"])
    client.close()


def _why(unit: str) -> list[str]:
    return systemd.journal(unit)
