"""Write metrics as text for the textfile collector of Prometheus's node exporter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.holdfast.registry.plugins.module_utils.system import files

PROVEN = "holdfast-backup-proven.prom"
"""File of the metric that only a drill without a problem renews."""
Samples = tuple[tuple[Mapping[str, str], float], ...]
"""Pairs of labels and value."""
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True)
class Gauge:
    """One metric, with its samples."""

    name: str
    help: str
    samples: Samples


def write(path: str, gauges: Iterable[Gauge]) -> None:
    """Replace a file of metrics atomically; everybody may read it, and its directory exists."""
    files.replace(path, "".join(text(gauges)).encode(), 0o644)


def text(gauges: Iterable[Gauge]) -> Iterator[str]:
    """Yield the lines of some metrics. Source: Prometheus, exposition formats, text 0.0.4."""
    for gauge in gauges:
        yield head(gauge.name, gauge.help, "gauge")
        yield from lines(gauge.name, gauge.samples)


def head(name: str, meaning: str, kind: str) -> str:
    """Return the two lines above the samples of a metric."""
    return f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"


def lines(name: str, samples: Samples) -> Iterator[str]:
    """Yield the samples of a name."""
    for labels, value in samples:
        shown = ",".join(f'{key}="{one.translate(_ESCAPES)}"' for key, one in labels.items())
        yield f"{name}{'{' + shown + '}' if shown else ''} {_number(value)}\n"


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else repr(float(value))
