"""Check before any change that a host meets the requirements, and report all errors at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from holdfast import platforms
from holdfast.deploying import hardening, images
from holdfast.deploying.desired import Desired

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import Seen

CLOCK_SECONDS = 60
"""Maximum clock offset in seconds; beyond it certificates and logs are unreliable."""


def judge(desired: Desired, seen: Seen, offset: float) -> list[str]:
    """Return the unmet requirements, each as `thing: expected, found. What to do`.

    `seen` joins the host's observation and examination; `offset` is the host's clock offset in
    seconds.
    """
    cut = hardening.judge(desired, seen["surveyed"]) if seen["surveyed"] else ()
    lost = images.judge(desired, seen["images"])
    return [*_system(desired, seen), *_room(desired, seen), *_clock(offset), *cut, *lost]


def summary(desired: Desired, seen: Seen, offset: float) -> str:
    """Return the facts about a suitable host, in one line."""
    ports = " ".join(map(str, desired.expect["ports"]))
    name = seen["os"].get("PRETTY_NAME", "unknown system")
    return f"{name}, {_stored(desired, seen)}, clock {offset:+.2f} s, ports {ports} free"


def _stored(desired: Desired, seen: Seen) -> str:
    place, found = desired.settings.storage.place, seen["storage"]
    if found["space"]:
        return f"{found['space']['free_bytes'] / 2**30:.0f} GiB free for {place}"
    # The registry itself is the first to ask the others, before the old one goes.
    return f"{place} answers" if desired.settings.storage.s3 else place


def clock_offset(host: float, before: float, after: float) -> float:
    """Return the host's clock offset in seconds, as far as the round trip allows to tell."""
    if before <= host <= after:
        return 0.0
    return host - after if host > after else host - before


def _system(desired: Desired, seen: Seen) -> Iterator[str]:
    if not seen["root"]:
        yield "user: expected root on the host. Set become: true, and a user that may use sudo"
    if not seen["systemd"]:
        yield "init: expected systemd as the host's init. holdfast runs units; take a host with it"
    found = platforms.found(seen["os"])
    wanted = desired.settings.platform
    if found != wanted:
        known = f"Set registry_platform: {found}"
        titles = " or ".join(row.title for row in platforms.PLATFORMS.values())
        todo = known if found in platforms.PLATFORMS else f"Take a host with {titles}"
        yield f"registry_platform: expected {wanted}, found {found}. {todo}"


def _room(desired: Desired, seen: Seen) -> Iterator[str]:
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
    space = seen["storage"]["space"]
    for what in space["warnings"] if space else ():
        yield (f"{directory}: {what}. Make room, or lower registry_storage_minimum_free_percent")


def _clock(offset: float) -> Iterator[str]:
    if abs(offset) > CLOCK_SECONDS:
        yield (
            f"clock: expected to be within {CLOCK_SECONDS} s of this machine's,"
            f" found {offset:+.0f} s. Set up time synchronisation (systemd-timesyncd or chrony)"
        )
