"""Write counters and histograms as text. Source: Prometheus, exposition formats, text 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from ansible_collections.holdfast.registry.plugins.module_utils.system import metrics
from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge, Samples


class Metric(Protocol):
    """A metric of any kind."""

    @property
    def name(self) -> str:
        """Name of the metric."""

    @property
    def help(self) -> str:
        """Meaning of the metric."""


@dataclass(frozen=True)
class Counter:
    """A metric that only grows; its name ends with `_total`."""

    name: str
    help: str
    samples: Samples


@dataclass(frozen=True)
class Histogram:
    """A metric of how many values are in each interval."""

    name: str
    help: str
    edges: tuple[float, ...]
    """Upper ends of the intervals, without the last one, which has none."""
    samples: tuple[tuple[Mapping[str, str], tuple[int, ...], float], ...]
    """Labels, number of values in each interval, and sum of the values."""


def text(found: Iterable[Metric]) -> Iterator[str]:
    """Yield the lines of metrics."""
    for one in found:
        if isinstance(one, Gauge):
            yield from metrics.text([one])
        elif isinstance(one, Counter):
            yield metrics.head(one.name, one.help, "counter")
            yield from metrics.lines(one.name, one.samples)
        elif isinstance(one, Histogram):
            yield metrics.head(one.name, one.help, "histogram")
            yield from _histogram(one)


def _histogram(one: Histogram) -> Iterator[str]:
    ends = (*(f"{edge:g}" for edge in one.edges), "+Inf")
    for labels, counts, total in one.samples:
        upto = zip(ends, accumulate(counts), strict=True)
        buckets = tuple(({**labels, "le": end}, float(number)) for end, number in upto)
        yield from metrics.lines(f"{one.name}_bucket", buckets)
        yield from metrics.lines(f"{one.name}_sum", ((labels, total),))
        yield from metrics.lines(f"{one.name}_count", ((labels, sum(counts)),))
