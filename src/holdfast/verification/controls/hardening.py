"""Controls of the host, as holdfast.hardening has them; checked by suite/test_host_controls.py."""

from __future__ import annotations

from holdfast.hardening import CONTROLS
from holdfast.verification.controls.control import Control

EXCEPTION = "registry_hardening_exceptions"


def of_host(group: str) -> tuple[Control, ...]:
    """Return the controls of a group that hardening activates."""
    return tuple(
        Control(
            one.id,
            one.holds,
            one.reason,
            one.reference,
            depth="hardening",
            off=one.off or EXCEPTION,
            facts=("hardened",),
            check=one.check,
        )
        for one in CONTROLS
        if one.id.partition(".")[0] == group
    )
