"""Describe a control: one requirement on a verified host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Profile = Literal["basic", "default", "hardening"]
"""Extent of a run; each profile contains the ones before it.

`basic` checks that the registry serves its users, and nobody else; `default` adds all quick checks;
`hardening` adds those that take minutes: scanners of TLS and ssh, slow clients, checksums.
"""
Depth = Literal["basic", "default", "hardening", "intrusive"]
"""Smallest profile with the control; `intrusive` ones load the host and need an option."""


@dataclass(frozen=True)
class Control:
    """One requirement on a host."""

    id: str
    """Stable name, `group.name`; the mark of its check in the suite."""
    title: str
    """Required state, as a sentence without a full stop."""
    reason: str
    """Risk on a host that fails."""
    reference: str = ""
    """Source of the requirement: a standard's section, a benchmark's number, a document."""
    depth: Depth = "default"
    off: str = ""
    """Setting that disables the control, as in an inventory."""
    facts: tuple[str, ...] = ()
    """Keys of `probe.gather.EXTRAS`: slow facts, gathered only for such controls."""
    check: str = ""
    """Query and required answer, if the title does not name them."""

    @property
    def group(self) -> str:
        """Part of the id before the dot."""
        return self.id.partition(".")[0]
