"""Path of the registry's binary on a host, and the environment of its processes."""

from __future__ import annotations

from typing import Any

from holdfast.rendering.layout import HOST, Layout
from holdfast.settings import Settings


def binary_path(settings: Settings, layout: Layout = HOST) -> str:
    """Return the path of the registry's binary on the host."""
    binary = settings.distribution.obtained
    if binary is None:
        return settings.os.registry_program
    return f"{layout.opt}/distribution/{binary.build}/registry"


def runtime(memory_mib: int) -> dict[str, str]:
    """Return the environment of a registry process with a memory limit in MiB."""
    return {
        # A bare binary would try to send traces.
        "OTEL_TRACES_EXPORTER": "none",
        # It allocates 4 MiB for each blob that it sends: with Go's 100 it would collect all the
        # time. With more, garbage of many clients at once would have it killed, but for the limit.
        "GOGC": "400",
        "GOMEMLIMIT": f"{memory_mib * 3 // 4}MiB",
    }


def unit_variables(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Return the variables of every unit that runs the binary."""
    packaged = settings.distribution.from_package
    return {"binary": binary_path(settings, layout), "from_package": packaged}
