"""Define the types of the hardening plan, and of facts that a preflight compares with it."""

from __future__ import annotations

from typing import TypedDict


class HardeningParts(TypedDict):
    """Profile of a generation, and the parts of the host that it wants."""

    profile: str
    parts: list[str]
    """Names in PARTS of hardening/parts.py."""


class HardeningPlan(HardeningParts, total=False):
    """The file hardening/plan.json; a generation without one has no more than its parts."""

    confinement: str | None
    """Name of the registry's AppArmor profile."""
    drops: bool
    """True if the firewall drops packets to ports that are not opened."""
    ports: list[int]
    open_ports: list[str]
    """`PORT/tcp`, `FIRST-LAST/udp`."""
    ssh_port: int
    ssh_sources: list[str]
    confirm_seconds: int


class HardeningState(HardeningPlan):
    """Plan of the current generation, and the parts that this host cannot have."""

    missing: dict[str, str]
    """Reason by part."""


class Listener(TypedDict):
    """Socket that other machines can reach."""

    port: int
    protocol: str
    owner: str


class Survey(TypedDict):
    """Facts for the preflight of the profile `host`."""

    listening: list[Listener]
    sessions: list[str]
    """Addresses of open ssh connections."""
    dropping: HardeningPlan | None
    """Plan whose firewall drops packets already."""
    client: list[str]
    """Address and port here of the ssh connection in which this runs; empty if none."""
    forwards: bool
    container: str
    """Kind of container; empty if the host has its own kernel."""
    modules: list[str]
    keys: bool
    """True if somebody who may log in has a key."""
    clock: bool
    """True if a program that sets the clock is installed."""
