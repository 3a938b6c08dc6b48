"""All that the suite wants to know of a host."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from holdfast.verification.probe.files import entry, fingerprint, walk
from holdfast.verification.probe.processes import family, listeners
from holdfast.verification.probe.reading import link, output, read
from holdfast.verification.probe.systemd import exposure, units

CERTIFICATE = "/etc/holdfast/tls/current/certificate.pem"

EXTRAS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    "exposure": lambda _, known: {name: exposure(name) for name in known["processes"]},
}
"""What takes time, and is gathered for the controls that name it alone.

Each is given what is wanted (`inside.wanted`) and what is known already (`gather`'s answer).
"""


def gather(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return all that the suite wants to know; see `inside.wanted`."""
    shown = [unit for name in wanted["units"] for unit in units(name)]
    pids = {unit["Id"]: int(unit.get("MainPID", "0")) for unit in shown}
    paths = [path for tree in wanted["trees"] for path in walk(tree)]
    known: dict[str, Any] = {
        "time": time.time(),
        "current": link("/etc/holdfast/current"),
        "units": {unit["Id"]: unit for unit in shown},
        "processes": {name: family(pid) for name, pid in pids.items() if pid},
        "init_network": link("/proc/1/ns/net"),
        "ports": sorted({port for port, _ in listeners("/proc/1/net")}),
        "files": {path: entry(path) for path in (*paths, *wanted["paths"])},
        "said": {name: output(*argv).strip() for name, argv in wanted["commands"].items()},
        "notes": {path: read(path) for path in wanted["notes"]},
        "system": read("/etc/os-release"),
        "certificate": fingerprint(CERTIFICATE),
    }
    return {**known, "extra": {name: EXTRAS[name](wanted, known) for name in wanted["extras"]}}
