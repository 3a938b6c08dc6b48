"""Write metrics of the certificates for the textfile collector of the node exporter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.system import metrics

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        Maintenance,
    )

FILE = "holdfast.prom"
_Sample = tuple[dict[str, str], float]
HELP = {
    "certificate_not_after_timestamp_seconds": "End of validity of a certificate of the registry.",
    "certificate_problems": "Problems found by the last check of the certificates.",
    "certificate_checked_timestamp_seconds": "Time of the last check of the certificates.",
}


def write(directory: str, result: Maintenance) -> None:
    """Write the metrics of a maintenance result; tmpfiles.d creates the directory."""
    metrics.write(os.path.join(directory, FILE), _gauges(result))


def _gauges(result: Maintenance) -> Iterator[metrics.Gauge]:
    shown = result["certificates"]
    samples: tuple[list[_Sample], ...] = (
        [({"file": one["file"]}, round(one["end"])) for one in shown],
        [({}, len(result["problems"]))],
        [({}, round(result["time"]))],
    )
    for (name, text), rows in zip(HELP.items(), samples, strict=True):
        yield metrics.Gauge(f"holdfast_{name}", text, tuple(rows))
