"""Figures for the textfile collector of Prometheus's node exporter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import files

FILE = "holdfast.prom"
HELP = {
    "certificate_not_after_timestamp_seconds": "End of a certificate that the registry shows.",
    "certificate_problems": "Problems that the last look at the certificates found.",
    "certificate_checked_timestamp_seconds": "When the certificates were last looked at.",
}


def write(directory: str, result: dict[str, Any]) -> None:
    """Write the figures of a result of upkeep, whole; the directory is made by tmpfiles.d."""
    files.replace(os.path.join(directory, FILE), "".join(_lines(result)).encode(), 0o644)


def _lines(result: dict[str, Any]) -> Iterator[str]:
    values = {
        "certificate_not_after_timestamp_seconds": [
            (f'{{file="{one["file"]}"}}', one["end"]) for one in result["certificates"]
        ],
        "certificate_problems": [("", len(result["problems"]))],
        "certificate_checked_timestamp_seconds": [("", result["time"])],
    }
    for name, rows in values.items():
        yield f"# HELP holdfast_{name} {HELP[name]}\n# TYPE holdfast_{name} gauge\n"
        for label, value in rows:
            yield f"holdfast_{name}{label} {value:.0f}\n"
