"""Growth of a cost with a size: medians, ratios and the exponent of the last step."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.figures import Table

TIMES = "\N{MULTIPLICATION SIGN}"
THIN = "\N{THIN SPACE}"
"""Separator of groups of three digits."""


@dataclass(frozen=True)
class Growth:
    """Cost of one operation at several sizes."""

    what: str
    unit: str
    """Unit of the samples: `s`, `ms`, `µs`, `MiB`; empty for counts."""
    samples: Mapping[int, Sequence[float]]
    """Measurements by size, the smallest first."""

    def median(self, size: int) -> float:
        """Return the median at a size, in the unit."""
        return statistics.median(self.samples[size])

    def ratio(self, size: int) -> float:
        """Return the ratio to the cost at the smallest size."""
        return self.median(size) / self.median(min(self.samples))

    @property
    def exponent(self) -> float:
        """Exponent between the two largest sizes: 0 constant, 1 linear, 2 quadratic."""
        before, last = sorted(self.samples)[-2:]
        return math.log(self.median(last) / self.median(before)) / math.log(last / before)


def table(title: str, what: str, grown: Sequence[Growth], note: str = "") -> Table:
    """Return growths as a table; `what` names what the sizes count."""
    sizes = sorted({size for one in grown for size in one.samples})
    columns = [title, *(f"{grouped(size)} {what}" for size in sizes), "exponent"]
    return Table(title, columns, [_row(one, sizes) for one in grown], note)


def grouped(number: int) -> str:
    """Return a number with a thin space between groups of three digits."""
    return f"{number:,}".replace(",", THIN)


def _row(one: Growth, sizes: Iterable[int]) -> list[str]:
    cells = [_cell(one, size) if size in one.samples else "" for size in sizes]
    return [one.what, *cells, f"{one.exponent:.1f}".replace("-0.0", "0.0")]


def _cell(one: Growth, size: int) -> str:
    text = f"{_digits(one.median(size))} {one.unit}".strip()
    return text if size == min(one.samples) else f"{text} ({TIMES} {_digits(one.ratio(size))})"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}"
