"""Count requests. The counts are kept in a file, together with the place in the log."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.facts.exposition import (
    Counter,
    Histogram,
    Metric,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.figures import Counts
    from ansible_collections.holdfast.registry.plugins.module_utils.facts.requests import Request

EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Ends of the intervals of durations, in seconds."""
MOST_FOLDERS = 200
REST = "other"
"""Label of folders beyond the most: the number of series stays bounded, whatever is pushed."""
LABELS = {
    "requests": ("route", "method", "status"),
    "sent_bytes": ("route", "by"),
    "received_bytes": (),
    "pulls": ("folder",),
    "pushes": ("folder",),
    "logins": ("result",),
    "unreadable_lines": (),
    "log_gaps": (),
}
HELP = {
    "requests": "Requests that the proxy answered.",
    "sent_bytes": "Bytes sent to clients, by the proxy itself or from a service behind it.",
    "received_bytes": "Bytes received from clients.",
    "pulls": "Manifests pulled, by the first component of the repository's name.",
    "pushes": "Manifests pushed, by the first component of the repository's name.",
    "logins": "Requests with a login: ok, refused, limited (as too many at once), unavailable.",
    "unreadable_lines": "Lines of the access log that could not be read.",
    "log_gaps": "Times at which a part of the access log went away before it was read.",
}
"""Meaning of each counter, `holdfast_NAME_total`."""
FROM_THE_BEGINNING = {
    "requests": (
        *(("manifest", method, "5xx") for method in ("GET", "PUT")),
        ("blob", "GET", "5xx"),
        *(("upload", method, "5xx") for method in ("POST", "PATCH", "PUT")),
    ),
    "logins": (("refused",), ("limited",)),
}
"""Series that are there before their first event: a rate does not see how a new one begins."""
DURATION = ("holdfast_request_duration_seconds", "Duration of requests, from first to last byte.")


class Counters:
    """Counters of requests, by label values."""

    def __init__(self, counts: Counts | None = None) -> None:
        self._totals: dict[str, dict[tuple[str, ...], int]] = {name: {} for name in LABELS}
        self._durations: dict[str, tuple[list[int], float]] = {}
        for name, rows in (counts or {}).get("totals", {}).items():
            if name in LABELS:
                self._totals[name] = {tuple(labels): value for labels, value in rows}
        for route, (buckets, seconds) in (counts or {}).get("durations", {}).items():
            if len(buckets) == len(EDGES) + 1:
                self._durations[route] = (list(buckets), seconds)

    @property
    def state(self) -> Counts:
        """The counts as JSON has them."""
        totals = {
            name: [(list(labels), value) for labels, value in rows.items()]
            for name, rows in self._totals.items()
        }
        return {"totals": totals, "durations": dict(self._durations)}

    def add(self, one: Request) -> None:
        """Count one request."""
        self._plus("requests", (one.route, one.method, one.status))
        self._plus("sent_bytes", (one.route, one.by), one.sent)
        self._plus("received_bytes", (), one.received)
        for name, folder in (("pulls", one.pulled), ("pushes", one.pushed)):
            if folder:
                self._plus(name, (self._folder(name, folder),))
        if one.login:
            self._plus("logins", (one.login,))
        buckets, seconds = self._durations.get(one.route) or ([0] * (len(EDGES) + 1), 0.0)
        buckets[bisect_left(EDGES, one.seconds)] += 1
        self._durations[one.route] = (buckets, seconds + one.seconds)

    def unreadable(self) -> None:
        """Count a line that could not be read."""
        self._plus("unreadable_lines", ())

    def gap(self) -> None:
        """Count a part of the log that is lost."""
        self._plus("log_gaps", ())

    def metrics(self) -> Iterator[Metric]:
        """Yield the metrics; a counter without labels, and of errors, is there at once."""
        for name, labels in LABELS.items():
            begun = FROM_THE_BEGINNING.get(name, () if labels else ((),))
            rows = {**dict.fromkeys(begun, 0), **self._totals[name]}
            samples = tuple((dict(zip(labels, key, strict=True)), n) for key, n in rows.items())
            yield Counter(f"holdfast_{name}_total", HELP[name], samples)
        rows_of = ((r, tuple(b), s) for r, (b, s) in self._durations.items())
        yield Histogram(*DURATION, EDGES, tuple(({"route": r}, b, s) for r, b, s in rows_of))

    def _folder(self, name: str, folder: str) -> str:
        known = self._totals[name]
        return folder if (folder,) in known or len(known) < MOST_FOLDERS else REST

    def _plus(self, name: str, labels: tuple[str, ...], value: int = 1) -> None:
        rows = self._totals[name]
        rows[labels] = rows.get(labels, 0) + value
