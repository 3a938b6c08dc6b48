"""Objectives of service: the share of pulls and of pushes that succeed, and how fast it is lost.

An alert compares two windows: the longer shows that it matters, the shorter that it goes on.
Source: The Site Reliability Workbook, chapter 5, alerting on SLOs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from holdfast import limits
from holdfast.monitoring.rule import Alert, Recording

SELECTORS = {
    "pull": 'route=~"manifest|blob",method=~"GET|HEAD"',
    "push": 'route=~"manifest|upload",method=~"PUT|POST|PATCH"',
}
"""Requests of each objective, by its name."""
WINDOWS = ("5m", "30m", "1h", "6h", "30d")
PACES: tuple[tuple[str, float, str, str, Literal["critical", "warning"]], ...] = (
    ("Fast", 14.4, "1h", "5m", "critical"),
    ("Slow", 6.0, "6h", "30m", "warning"),
)
"""Name, times the pace at which the budget lasts 30 days, both windows, severity."""


def recordings() -> Iterator[Recording]:
    """Yield the shares of failed requests, by objective and window."""
    for name, which in SELECTORS.items():
        for window in WINDOWS:
            total = _rate(which, window)
            failed = _rate(f'{which},status="5xx"', window)
            yield Recording(_ratio(name, window), f"{failed} / ({total} > 0)")


def alerts() -> Iterator[Alert]:
    """Yield the alerts of a budget that is used too fast."""
    budget = 1 - limits.OBJECTIVE
    for name, which in SELECTORS.items():
        for pace, factor, longer, shorter, severity in PACES:
            limit = f"{factor * budget:g}"
            few = (
                f'sum by (job, instance) (increase(holdfast_requests_total{{{which},status="5xx"}}'
            )
            yield Alert(
                f"Holdfast{name.title()}Budget{pace}",
                f"{_ratio(name, longer)} > {limit} and {_ratio(name, shorter)} > {limit} and "
                f"{few}[{longer}])) > {limits.FEWEST_ERRORS}",
                "2m",
                severity,
                f"{{{{ $value | humanizePercentage }}}} of the requests of a {name} fail",
                "holdfast logs --access",
                f"At most {budget:.1%} of the requests of a {name} may fail in 30 days. In the "
                f"last {longer}, they failed {factor:g} times as often.",
                "The command shows the failed requests. HoldfastDown and HoldfastErrors often say "
                "more.",
            )


def _ratio(name: str, window: str) -> str:
    return f"holdfast:{name}_errors:ratio_rate{window}"


def _rate(which: str, window: str) -> str:
    return f"sum by (job, instance) (rate(holdfast_requests_total{{{which}}}[{window}]))"
