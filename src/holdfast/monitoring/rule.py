"""Define what an alert rule and a recording rule are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RUNBOOK = "docs/alerts.md"


@dataclass(frozen=True)
class Alert:
    """A rule that fires while its expression has a result."""

    name: str
    expr: str
    wait: str
    """Time for which the expression has to hold; "0m" for at once."""
    severity: Literal["critical", "warning"]
    summary: str
    """One line, after the host: `{{ $labels.NAME }}` and `{{ $value }}` are replaced."""
    command: str
    """Command to type first."""
    meaning: str
    remedy: str
    about: str = "{{ $labels.instance }}: "
    """Begin of the summary."""

    @property
    def rule(self) -> dict[str, object]:
        """Return the rule as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.wait,
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.about + self.summary,
                "description": f"{self.meaning} {self.remedy}",
                "command": self.command,
                "runbook": f"{RUNBOOK}#{self.name.lower()}",
            },
        }


@dataclass(frozen=True)
class Recording:
    """A rule that keeps the result of an expression as a series."""

    name: str
    expr: str

    @property
    def rule(self) -> dict[str, object]:
        """Return the rule as Prometheus reads it."""
        return {"record": self.name, "expr": self.expr}
