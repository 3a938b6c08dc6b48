"""Find the places of an inventory that name the registry's version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from holdfast.errors import InputError
from holdfast.users import inventory_file, spans
from holdfast.users.inventory_file import Place

SOURCE, VERSION, CHECKSUM = (
    f"registry_distribution_{key}" for key in ("source", "version", "checksum")
)
PLAIN = {
    SOURCE: re.compile(r"(?P<quote>[\"']?)(?:package|release)(?P=quote)"),
    VERSION: re.compile(r"(?P<quote>[\"']?)\d+\.\d+\.\d+(?P=quote)"),
    CHECKSUM: re.compile(r"(?P<quote>[\"']?)sha256:[0-9a-f]{64}(?P=quote)"),
}
"""Values as they are changed; others are left to a person."""


def only(inventories: Sequence[Path], name: str, version: str) -> Place | None:
    """Return the place of a setting. Raises InputError for several, or if a person wrote more."""
    places = list(inventory_file.places(inventories, name))
    if len(places) > 1:
        listed = ", ".join(map(str, places))
        raise InputError(f"{name}: expected one place, found {listed}. {by_hand(version)}")
    for one in places:
        start, end = one.span
        if not PLAIN[name].fullmatch(one.text[start:end]):
            what = "expected a plain value that can be changed, found another one"
            raise InputError(f"{name}: {what} in {one}. {by_hand(version)}")
    return next(iter(places), None)


def must_be_lines(place: Place, version: str) -> None:
    """Raise InputError for a key that does not begin its line, as in braces."""
    start = spans.start(place.key)
    begins = not place.text[spans.line_start(place.text, start) : start].strip()
    if spans.in_braces(place.tree, start) or not begins:
        raise InputError(f"{place}: expected a line of its own. {by_hand(version)}")


def by_hand(version: str) -> str:
    """Return the advice where a person has to change the inventory."""
    return f"Let it say {version} by hand, then run: holdfast upgrade --to {version}"
