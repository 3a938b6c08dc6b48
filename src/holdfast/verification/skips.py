"""Leave a control out of a run: because it does not apply, or because it could not be checked."""

from __future__ import annotations

from typing import NoReturn

import pytest

from holdfast.settings import Settings

INSIDE = "Run it without --outside"
AGAIN = "Verify again after a pull"


class NotCheckedError(pytest.skip.Exception):  # type: ignore[misc, name-defined]
    """A control that applies to the host, and that this run could not check."""


def not_applicable(reason: str) -> NoReturn:
    """Leave out a control that the settings or the platform of the host make pointless."""
    pytest.skip(reason)


def not_checked(reason: str, todo: str) -> NoReturn:
    """Leave out a control that applies; `todo` is how to have it checked."""
    raise NotCheckedError(f"{reason}. {todo}")


def left_out_of_hardening(settings: Settings, control: str) -> NoReturn:
    """Leave out a control that the settings except, with the reason that they give."""
    not_checked(
        f"left out by the settings: {settings.hardening.exceptions[control]}",
        f"Remove {control} from registry_hardening_exceptions",
    )
