"""Write metrics as text for the textfile collector of Prometheus's node exporter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.holdfast.registry.plugins.module_utils.system import files

PROVEN = "holdfast-backup-proven.prom"
"""File of the metric that only a drill without a problem renews."""
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True)
class Gauge:
    """One metric; its samples are pairs of labels and value."""

    name: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


def write(path: str, gauges: Iterable[Gauge]) -> None:
    """Replace a file of metrics atomically; everybody may read it, and its directory exists."""
    files.replace(path, "".join(text(gauges)).encode(), 0o644)


def text(gauges: Iterable[Gauge]) -> Iterator[str]:
    """Yield the lines of some metrics. Source: Prometheus, exposition formats, text 0.0.4."""
    for gauge in gauges:
        yield f"# HELP {gauge.name} {gauge.help}\n# TYPE {gauge.name} gauge\n"
        for labels, value in gauge.samples:
            shown = ",".join(f'{key}="{one.translate(_ESCAPES)}"' for key, one in labels.items())
            yield f"{gauge.name}{'{' + shown + '}' if shown else ''} {_number(value)}\n"


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else repr(float(value))
