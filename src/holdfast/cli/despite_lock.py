"""Option of the verbs that a lock of the host refuses."""

from __future__ import annotations

from typing import Any

import click


def _variables(_: Any, __: Any, given: bool) -> dict[str, object]:
    """Return the variables for a run: none unless the option is given."""
    return {"holdfast_despite_lock": True} if given else {}


despite_lock = click.option(
    "--despite-lock",
    "despite",
    is_flag=True,
    callback=_variables,
    help="Do it although `holdfast lock` closed the host; says so.",
)
"""Option whose value is the variables for a run."""
