"""Placeholder for a value that a user still has to write; no setting accepts it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.errors import Complaint

_MARK = re.compile(r"<missing: ([^<>]*)>")


def placeholder(what: str) -> str:
    """Return the placeholder for a value that `what` describes."""
    return f"<missing: {re.sub(r'[<>]', '', what)}>"


def is_placeholder(value: Any) -> bool:
    """Tell whether a string contains a placeholder."""
    return isinstance(value, str) and bool(_MARK.search(value))


def complaints(variable: str, value: Any) -> Iterator[Complaint]:
    """Yield an error for each placeholder in the value of a variable."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from complaints(f"{variable}.{key}", item)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from complaints(f"{variable}[{number}]", item)
    elif isinstance(value, str) and (found := _MARK.search(value)):
        yield Complaint(variable, f"expected {found[1]}, got a placeholder. Write the value there")
