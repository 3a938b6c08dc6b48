"""Whether a host is fit: every complaint at once, before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.deploying import hardening
from holdfast.deploying.desired import Desired
from holdfast.settings.storage import S3

CLOCK_SECONDS = 60
"""A clock further off than this makes certificates and logs lie."""


def judge(desired: Desired, seen: dict[str, Any], offset: float) -> list[str]:
    """Return what makes a host unfit, each `thing: expected, found. What to do`.

    `seen` joins what the host observed and examined; `offset` is its clock's, in seconds.
    """
    cut = hardening.judge(desired, seen) if seen.get("surveyed") else ()
    return [*_system(desired, seen), *_room(desired, seen), *_clock(offset), *cut]


def summary(desired: Desired, seen: dict[str, Any], offset: float) -> str:
    """Return the facts that a person wants to see of a host that is fit."""
    ports = " ".join(map(str, desired.expect["ports"]))
    name = seen["os"].get("PRETTY_NAME", "unknown system")
    return f"{name}, {_stored(desired, seen)}, clock {offset:+.2f} s, ports {ports} free"


def _stored(desired: Desired, seen: dict[str, Any]) -> str:
    place, found = desired.settings.storage.place, seen["storage"]
    if "free_bytes" in found:
        return f"{found['free_bytes'] / 2**30:.0f} GiB free for {place}"
    # The registry itself is the first to ask the others, before the old one goes.
    return f"{place} answers" if isinstance(desired.settings.storage, S3) else place


def clock_offset(host: float, before: float, after: float) -> float:
    """Return the seconds by which a host's clock is ahead, as far as a round trip lets one tell."""
    if before <= host <= after:
        return 0.0
    return host - after if host > after else host - before


def _system(desired: Desired, seen: dict[str, Any]) -> Iterator[str]:
    if not seen["root"]:
        yield "user: expected root on the host. Set become: true, and a user that may use sudo"
    if not seen["systemd"]:
        yield "init: expected systemd as the host's init. holdfast runs units; take a host with it"
    found = seen["os"].get("ID", "?") + seen["os"].get("VERSION_ID", "?")
    wanted = desired.settings.platform
    if found != wanted:
        known = found in ("debian12", "debian13")
        todo = f"Set registry_platform: {found}" if known else "Take a host with Debian 12 or 13"
        yield f"registry_platform: expected {wanted}, found {found}. {todo}"


def _room(desired: Desired, seen: dict[str, Any]) -> Iterator[str]:
    for port, owner in seen["ports_taken"].items():
        yield (
            f"port {port}: expected to be free, {owner} listens on it."
            f" Stop it, or choose another port (registry_proxy_port, registry_proxy_http_port)"
        )
    if not seen["ipv6"] and any(":" in address for address in desired.settings.proxy.addresses):
        yield (
            "registry_proxy_addresses: the host has no IPv6."
            ' Set registry_proxy_addresses: ["0.0.0.0"]'
        )
    yield from seen["storage"]["problems"]
    directory = desired.expect["storage"].get("directory")
    for what in seen["storage"].get("scarce", ()):
        yield (f"{directory}: {what}. Make room, or lower registry_storage_minimum_free_percent")


def _clock(offset: float) -> Iterator[str]:
    if abs(offset) > CLOCK_SECONDS:
        yield (
            f"clock: expected to be within {CLOCK_SECONDS} s of this machine's,"
            f" found {offset:+.0f} s. Set up time synchronisation (systemd-timesyncd or chrony)"
        )
