"""Read versions in tags, and order them as semver.org does: `v1.2.3`, `1.2.3-rc.1`, `2024.10`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_VERSION = re.compile(
    r"[vV]?([0-9]{1,18}(?:\.[0-9]{1,18})*)(?:-([0-9A-Za-z.-]+))?(?:_[0-9A-Za-z.-]*)?"
)
_RELEASE = ((2, 0, ""),)
"""After all pre-releases of the same numbers."""
_ABOVE = 10**18
"""More than any number of a version."""
Key = tuple[tuple[int, ...], tuple[tuple[int, int, str], ...]]


class Version(NamedTuple):
    """A version in a tag."""

    numbers: tuple[int, ...]
    pre: str = ""
    """Text after the first hyphen: a pre-release."""

    @property
    def key(self) -> Key:
        """Value by which versions are ordered; equal for `1.2` and `1.2.0`."""
        numbers = list(self.numbers)
        while numbers and not numbers[-1]:
            numbers.pop()
        parts = self.pre.split(".") if self.pre else []
        pre = tuple((0, int(one), "") if one.isdigit() else (1, 0, one) for one in parts)
        return tuple(numbers), pre or _RELEASE

    @property
    def newest(self) -> Key:
        """Value of a version that stands for the newest of longer ones: above all of them."""
        numbers = (*self.numbers, _ABOVE)
        return self._replace(numbers=numbers).key

    def first(self, count: int) -> tuple[int, ...]:
        """Return the first numbers; those that are left out are zeros."""
        return (*self.numbers, *(0,) * count)[:count]


def version(text: str) -> Version | None:
    """Return the version in a tag; None if the whole tag is none."""
    found = _VERSION.fullmatch(text)
    if not found:
        return None
    return Version(tuple(map(int, found[1].split("."))), found[2] or "")


def floating(known: Iterable[Version]) -> set[Version]:
    """Return the versions that stand for the newest of longer ones, as `1.2` does for `1.2.3`."""
    heads = {
        Version(one.numbers[:length], one.pre)
        for one in set(known)
        for length in range(1, len(one.numbers))
    }
    return heads & set(known)
