"""Type of a host control; the catalogue is data that everything else reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Profile = Literal["off", "registry-only", "host"]
Scope = Literal["registry-only", "host"]
"""Lowest profile in which a control is active."""

CIS = "CIS Debian Linux 12 Benchmark v1.1.0, "


@dataclass(frozen=True)
class Control:
    """One requirement on a hardened host."""

    id: str
    """Group and name: `kernel.pointers`."""
    holds: str
    """The required state, as a sentence without its full stop."""
    reason: str
    check: str
    """Verification: the query and the required answer."""
    scope: Scope = "host"
    off: str = ""
    """Setting that changes the control; registry_hardening_exceptions can exclude each one."""
    reference: str = ""
    """Published document that requires the control; "" if none is known."""
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lines that the control adds, by file of the generation below hardening/."""
