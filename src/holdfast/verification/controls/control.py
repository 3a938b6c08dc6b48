"""What a control is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Profile = Literal["basic", "default", "hardening"]
"""How much is looked at; each holds what stands before it.

`basic` asks whether the registry serves those it should, and nobody else; `default` adds all that
costs little; `hardening` adds what takes minutes: judges of TLS and ssh, slow clients, checksums.
"""
Depth = Literal["basic", "default", "hardening", "intrusive"]
"""The least profile that has a control; `intrusive` loads the host and has to be asked for."""


@dataclass(frozen=True)
class Control:
    """One thing that a host is held to."""

    id: str
    """Stable name, `group.name`; the mark of its check in the suite."""
    title: str
    """What holds on a host that passes, as a sentence without a full stop."""
    reason: str
    """What could happen where it does not hold."""
    reference: str = ""
    """Where others ask for it: a standard's section, a benchmark's number, a document."""
    depth: Depth = "default"
    off: str = ""
    """The setting that switches it off, as it stands in an inventory."""
    facts: tuple[str, ...] = ()
    """Keys of `probe.gather.EXTRAS`: facts that take time, and are gathered for it alone."""
    check: str = ""
    """What is asked, and what the answer has to be, where the title does not say it."""

    @property
    def group(self) -> str:
        """What it is about."""
        return self.id.partition(".")[0]
