"""Decide if a new version costs more than an old one: a test on pairs, and a minimal effect.

Each round measures both versions, one directly after the other; the order changes from round to
round. If nothing changed, the logarithm of a round's ratio is as likely positive as negative, and
the exact signed-rank test gives the probability of such ratios. A measure is worse if this
probability is below ALPHA, the median ratio is at least 1 + LEAST, and both hold again for as many
new rounds on new hosts. The repetition excludes what the machine did for a minute, and differences
between two hosts.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.figures import Way, interleaved

ROUNDS = 9
ALPHA = 0.02
"""Accepted probability of a false alarm in one look at a measure."""
LEAST = 0.05
"""Smallest loss that is worth an alarm."""
OLD, NEW = "old", "new"


@dataclass(frozen=True)
class Measure:
    """One cost of both versions in seconds; less is better."""

    name: str
    ways: Callable[[int], Sequence[Way]]
    """Return the ways to measure the old and the new version at a look; the first is 0."""
    unit: str = "s"


@dataclass(frozen=True)
class Verdict:
    """Result of the rounds of a measure."""

    measure: Measure
    old: Sequence[float]
    new: Sequence[float]
    again: bool = False
    """True for the second look, at a measure that seemed worse."""

    @property
    def ratios(self) -> list[float]:
        """Ratios of new to old, round by round."""
        return [new / old for new, old in zip(self.new, self.old, strict=True)]

    @property
    def ratio(self) -> float:
        """Median of the ratios of new to old."""
        return statistics.median(self.ratios)

    @property
    def chance(self) -> float:
        """Probability of these ratios, or worse ones, for versions of the same cost."""
        return signed_rank(map(math.log, self.ratios))

    @property
    def worse(self) -> bool:
        """True if the new version certainly costs more, and by an amount that matters."""
        return self.ratio >= 1 + LEAST and self.chance <= ALPHA


def compare(measures: Iterable[Measure], rounds: int = ROUNDS) -> list[Verdict]:
    """Measure both versions in turns; measure again if the new one seems worse."""
    return [_judge(measure, rounds) for measure in measures]


def _judge(measure: Measure, rounds: int) -> Verdict:
    first = _look(measure, measure.name, 0, rounds)
    return _look(measure, f"{measure.name}, again", 1, rounds) if first.worse else first


def _look(measure: Measure, what: str, number: int, rounds: int) -> Verdict:
    ways = dict(zip((OLD, NEW), measure.ways(number), strict=True))
    for way in ways.values():
        way()  # whoever comes first would pay for cold caches
    samples = interleaved(what, ways, rounds)
    return Verdict(measure, samples[OLD], samples[NEW], again=number > 0)


def signed_rank(differences: Iterable[float]) -> float:
    """Return the probability of a sum of positive ranks this large (Wilcoxon, one-sided, exact).

    Zeros are left out; equal sizes share the mean of their ranks.
    """
    found = [one for one in differences if one]
    sizes = [abs(one) for one in found]
    # Twice the rank: the mean of two ranks may be a half.
    ranks = [sum(o < size for o in sizes) + sum(o <= size for o in sizes) + 1 for size in sizes]
    seen = sum(rank for rank, one in zip(ranks, found, strict=True) if one > 0)
    ways = Counter({0: 1})
    for rank in ranks:
        ways = ways + Counter({total + rank: count for total, count in ways.items()})
    rare: int = sum(count for total, count in ways.items() if total >= seen)
    return rare / float(2 ** len(ranks))


def rows(verdicts: Iterable[Verdict]) -> Iterable[str]:
    """Yield a table of the results for a terminal."""
    columns = ("", "old", "new", "", "new/old", "range", "chance", "")
    yield _row(*columns)
    for one in verdicts:
        span = f"{min(one.ratios):.2f} to {max(one.ratios):.2f}"
        said = "WORSE" if one.worse else "not confirmed" if one.again else ""
        old, new = (f"{statistics.median(each):.3g}" for each in (one.old, one.new))
        measured = (one.measure.name, old, new, one.measure.unit, f"{one.ratio:.2f}")
        yield _row(*measured, span, f"{one.chance:.3f}", said)


def _row(name: str, *cells: str) -> str:
    widths = (8, 8, 6, 8, 14, 7, 13)
    row = [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)]
    return " ".join([f"{name:<34}", *row]).rstrip()
