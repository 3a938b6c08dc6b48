"""Start the services of a generation beside the old ones, prove them, and drain the old."""

from __future__ import annotations

import grp
import os
import stat
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.registry import upstream
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    RegistryError,
    over_unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from ansible_collections.holdfast.registry.plugins.module_utils.tokens import keys as token_keys

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        RunningService,
    )

Services = dict[str, "RunningService"]
"""Readiness check of each service of a generation, by its name."""

START_SECONDS = 30.0
DUMP_LINES = 60
"""Lines of journal to read: a mirror logs its reason above a dump of at most this length."""
WATCHED_SECONDS = 5.0
"""Seconds that a deploy watches the old process drain before it leaves systemd to it."""
HANDOVER_SECONDS = 0.25
"""Longest time that connections made just before the flip wait in the old socket's queue."""


def start(services: Services, host: str, served: Collection[str]) -> tuple[float, dict[str, str]]:
    """Start the services of a generation, and wait until each is ready.

    `services` has the readiness check and the `instance` of each service, see
    holdfast.rendering.services. Returns the seconds that it took, and a sentence by service for
    each that still waits for its upstream. That is no failure for a unit in `served`, which served
    before.
    """
    begun, waiting = time.monotonic(), {}
    units = {service: paths.unit(one["instance"], service) for service, one in services.items()}
    systemd.run(["systemctl", "reset-failed", *units.values()])
    # A running service without a reachable socket would stay that way.
    deaf = unready({one: how for one, how in services.items() if units[one] in served}, host)
    # What runs under a number of ours without being ours was started with files that are gone.
    running = paths.running(systemd.states(paths.SERVICES))
    strays = [unit for unit in units.values() if unit in running and unit not in served]
    if deaf or strays:
        systemd.run(["systemctl", "restart", *deaf, *strays])
    # The loop below reports a service that does not start, with its journal.
    systemd.run(["systemctl", "start", *units.values()])
    for service, expected in services.items():
        try:
            _await(service, expected, host, begun, started=units[service] not in served)
        except upstream.AwayError as away:
            if units[service] not in served:
                raise StepError(away.message, away.lines) from away
            waiting[service] = f"{away.message}. It continues by itself when the upstream is back"
    return time.monotonic() - begun, waiting


def unready(services: Services, host: str) -> list[str]:
    """Return the units of services that are not ready, checked at their own sockets.

    A mirror that waits for its upstream is not among them: `status` reports it.
    """
    found = []
    for service, one in services.items():
        unit, socket = paths.unit(one["instance"], service), paths.socket(one["instance"], service)
        deaf = _cut_off(unit, socket) if "upstream" in one else not _answers(socket, one, host)
        found += [unit] if deaf else []
    return found


def _cut_off(unit: str, socket: str) -> bool:
    """Return True if a service listens on a socket whose file is gone."""
    if os.path.exists(socket):
        return False
    main = systemd.show(unit, "MainPID").get("MainPID", "0")
    try:
        # As its own network namespace has it: the socket is listed by the name that it was given.
        with open(f"/proc/{main}/net/unix", encoding="utf-8", errors="replace") as stream:
            return any(line.rstrip().endswith(f" {socket}") for line in stream)
    except OSError:
        return False


def stop(units: list[str]) -> None:
    """Stop services that never served, immediately."""
    if not units:
        return
    systemd.run(["systemctl", "kill", "--signal=SIGKILL", *units])
    systemd.stop(*units)


def drain(units: list[str], flipped: float) -> str:
    """Let replaced services finish their requests; return a text about it.

    `flipped` is the monotonic time since which new connections go to the new services.
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
    return "old one continues until its last transfer is done"


def _await(
    service: str, expected: RunningService, host: str, begun: float, *, started: bool
) -> None:
    """Wait until a service is ready; one that was just `started` must not restart."""
    number = expected["instance"]
    unit, socket = paths.unit(number, service), paths.socket(number, service)
    what = f"the {service} of generation {number}"
    while not os.path.exists(socket) or not _answers(socket, expected, host):
        state = systemd.show(unit, "ActiveState", "SubState", "NRestarts")
        again = started and state.get("NRestarts", "0") != "0"
        if state.get("ActiveState") != "active" or again:
            if expected.get("upstream"):
                authorities = f"{paths.ETC}/generations/{number}/{expected['folder']}/ca.pem"
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


def _answers(socket: str, expected: RunningService, host: str) -> bool:
    if not _opened_by_proxy(socket):
        return False
    client = over_unix(socket, host, timeout=5)
    try:
        return bool(client.request("GET", expected["path"]).status == expected["status"])
    except RegistryError:
        return False
    finally:
        client.close()


def _opened_by_proxy(socket: str) -> bool:
    """Return True if the proxy, which is in our group, may use a socket: root always may."""
    try:
        status = os.stat(socket)
        ours = status.st_gid == grp.getgrnam(paths.GROUP).gr_gid
    except (OSError, KeyError):
        return False
    return _both(status.st_mode, stat.S_IROTH | stat.S_IWOTH) or (
        ours and _both(status.st_mode, stat.S_IRGRP | stat.S_IWGRP)
    )


def _both(mode: int, rights: int) -> bool:
    return mode & rights == rights


def _can_write(number: int, socket: str, expected: RunningService, host: str) -> None:
    """Begin an upload and cancel it, to prove that the storage accepts new files."""
    client = over_unix(socket, host, timeout=10)
    if expected["status"] == 401:
        client = client.bearing(token_keys.mint(number, "repository:holdfast/smoke:pull,push"))
    begun = client.request("POST", "/v2/holdfast/smoke/blobs/uploads/")
    if begun.status != 202:
        text = begun.body[:200].decode("utf-8", "replace")
        raise RegistryError(f"expected 202 for a new upload, got {begun.status}: {text}")
    client.request("DELETE", begun.headers["Location"])
    client.close()


def _why(unit: str) -> list[str]:
    return systemd.journal(unit)
