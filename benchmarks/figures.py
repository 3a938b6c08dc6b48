"""Results of measurements: the same work in several ways, in turns, with ratios."""

from __future__ import annotations

import operator
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Way = Callable[[], float]
"""Function that does the work once in one way, and returns its measurement."""


@dataclass(frozen=True)
class Figure:
    """The same work, done in several ways in turns in one run.

    Only its ratios hold on other machines. Each is taken within a round, so that disturbances of
    the machine affect all ways alike.
    """

    title: str
    unit: str
    """Unit of the samples: `s`, `ms`, `requests/s`, `MiB/s`."""
    base: str
    """The way that ratios refer to: a baseline or a competing solution."""
    samples: Mapping[str, Sequence[float]]
    """Measurements of each way, round by round."""
    goals: Mapping[str, str] = field(default_factory=dict)
    """Goal for the ratio of a way: `<= 1.2`, `>= 0.9`."""
    note: str = ""

    def median(self, way: str) -> float:
        """Return the median of a way's samples, in the figure's unit."""
        return statistics.median(self.samples[way])

    def ratios(self, way: str) -> list[float]:
        """Return a way's ratio to the base, round by round."""
        pairs = zip(self.samples[way], self.samples[self.base], strict=True)
        return [one / base for one, base in pairs]

    def ratio(self, way: str) -> float:
        """Return the median of a way's ratios to the base."""
        return statistics.median(self.ratios(way))

    def met(self, way: str) -> bool | None:
        """Return True if a way reaches its goal; None if it has none."""
        if way not in self.goals:
            return None
        sign, value = self.goals[way].split()
        compare = {"<=": operator.le, ">=": operator.ge}[sign]
        return bool(compare(round(self.ratio(way), 2), float(value)))


@dataclass(frozen=True)
class Table:
    """Counts and sizes, for which a ratio says nothing more."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


Result = Figure | Table


def interleaved(what: str, ways: Mapping[str, Way], rounds: int) -> dict[str, list[float]]:
    """Run all ways in turns, `rounds` times; each round begins with another one."""
    samples: dict[str, list[float]] = {way: [] for way in ways}
    names = list(ways)
    for number in range(rounds):
        say(f"{what}: round {number + 1} of {rounds}")
        first = number % len(names)
        for way in names[first:] + names[:first]:
            samples[way].append(ways[way]())
    return samples


def say(line: str) -> None:
    """Print the progress."""
    print(line, file=sys.stderr, flush=True)
