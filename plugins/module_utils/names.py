"""Names of units and paths that several modules share."""

from __future__ import annotations

ETC = "/etc/holdfast"
RUN = "/run/holdfast"
STATE = "/var/lib/holdfast"
GROUP = "holdfast"
LOCK = "/run/holdfast.lock"
"""Held by who changes generations or certificates."""
UPKEEP = f"{STATE}/certificates.json"
"""What the last upkeep found: read by `holdfast status` and `holdfast certificate show`."""
SYSTEM = "/etc/systemd/system"
TARGET = "holdfast.target"
PROXY = "holdfast-proxy.service"
PORTS = "holdfast-proxy.socket"
RENEWAL = "holdfast-certificates.service"
FETCH = "holdfast-certificates-fetch.service"
TIMER = "holdfast-certificates.timer"
STARTED = (PORTS, PROXY, TIMER)
"""What starts at boot, beside the registry."""
REGISTRIES = "holdfast-registry@*.service"
CERTIFICATE = f"{ETC}/tls/current/certificate.pem"


def unit(number: int) -> str:
    """Return the name of the unit of a generation's registry."""
    return f"holdfast-registry@{number}.service"


def socket(number: int) -> str:
    """Return the path of the socket of a generation's registry."""
    return f"{RUN}/registry@{number}.sock"


def running(states: dict[str, str]) -> list[int]:
    """Return the generations whose registry runs or is about to; those that drain do not count.

    `states` are the active states by unit.
    """
    alive = ("active", "activating", "reloading")
    prefix, suffix = unit(0).split("0")
    return sorted(
        int(name[len(prefix) : -len(suffix)])
        for name, state in states.items()
        if name.startswith(prefix) and state in alive
    )
