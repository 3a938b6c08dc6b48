"""Names of units and paths that several modules share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ETC = "/etc/holdfast"
RUN = "/run/holdfast"
STATE = "/var/lib/holdfast"
GROUP = "holdfast"
LOCK = "/run/holdfast.lock"
"""Lock that a process holds while it changes generations or certificates."""
REMOVAL = f"{ETC}/removal.json"
"""File with the plan of a removal that has begun, or of what one left on request."""
MAINTENANCE_RESULT = f"{STATE}/certificates.json"
"""Result of the last maintenance run, for `holdfast status` and `certificate show`."""
SYSTEM = "/etc/systemd/system"
TARGET = "holdfast.target"
PROXY = "holdfast-proxy.service"
PORTS = "holdfast-proxy.socket"
MAINTENANCE = "holdfast-certificates.service"
FETCH = "holdfast-certificates-fetch.service"
TIMER = "holdfast-certificates.timer"
CACHE = "holdfast-cache.service"
FIREWALL = "holdfast-firewall.service"
DATA = "holdfast-data.service"
REGISTRY = "registry"
"""Service that every generation has; the names of its units show the others."""
SERVICES = "holdfast-*@*.service"
_TEMPLATE = re.compile(r"systemd/holdfast-([a-z0-9-]+)@\.service")
_INSTANCE = re.compile(r"holdfast-[a-z0-9-]+@(\d+)\.service")
CERTIFICATE = f"{ETC}/tls/current/certificate.pem"


def unit(number: int, service: str = REGISTRY) -> str:
    """Return the name of the unit of one of a generation's services."""
    return f"holdfast-{service}@{number}.service"


def template(service: str) -> str:
    """Return the path of a service's unit in a generation."""
    return f"systemd/holdfast-{service}@.service"


def socket(number: int, service: str = REGISTRY) -> str:
    """Return the path of the socket of one of a generation's services."""
    return f"{RUN}/{service}/{number}.sock"


def services(paths: Iterable[str]) -> list[str]:
    """Return the services of a generation with these files: each has its own unit."""
    found = (_TEMPLATE.fullmatch(path) for path in paths)
    return sorted(match[1] for match in found if match)


def running(states: Mapping[str, str]) -> dict[str, int]:
    """Return the generation by unit of services that run or start; not of those that drain.

    `states` are the active states by unit.
    """
    alive = ("active", "activating", "reloading")
    found = ((name, _INSTANCE.fullmatch(name)) for name, state in states.items() if state in alive)
    return {name: int(match[1]) for name, match in found if match}
