"""What a control of the host is; the catalogue is data, and everything else reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Profile = Literal["off", "registry-only", "host"]
Scope = Literal["registry-only", "host"]
"""From which profile on a control is in force."""

CIS = "CIS Debian Linux 12 Benchmark v1.1.0, "


@dataclass(frozen=True)
class Control:
    """One thing that holds on a hardened host."""

    id: str
    """Group and name: `kernel.pointers`."""
    holds: str
    """What is so, as a sentence without its full stop."""
    reason: str
    check: str
    """How it is verified: what is asked, and what the answer has to be."""
    scope: Scope = "host"
    off: str = ""
    """Setting that changes it; each can also be left out by registry_hardening_exceptions."""
    reference: str = ""
    """Where a published document asks for it; empty: nowhere that we know of."""
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lines that it adds, by the file of the generation below hardening/."""
