"""Option for the reason of what a verb does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from holdfast.ansible_text import is_template
from holdfast.errors import InputError

LONGEST = 200
"""Characters of the longest reason."""


def reason(text: str, *, required: bool = False) -> Callable[[Any], Any]:
    """Return the option -m, with its help text."""
    return click.option(
        "-m", "--message", metavar="REASON", callback=_line, required=required, help=text
    )


def _line(_: Any, __: Any, given: str | None) -> str | None:
    """Return a reason without spaces around it. Raises InputError for what is no short line."""
    if given is None:
        return None
    text = given.strip()
    if not text or len(text) > LONGEST or not text.isprintable() or is_template(text):
        what = f"expected one line of at most {LONGEST} characters, without {{{{ and {{%"
        raise InputError(f"--message: {what}, got {len(text)} characters. Write another one")
    return text
