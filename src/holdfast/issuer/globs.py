"""Patterns for the names of repositories."""

from __future__ import annotations

import re
from functools import lru_cache

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = re.compile(rf"{_PART}(?:/{_PART})*")
"""Names that the registry takes."""
NAME_LENGTH = 255
USER = "{user}"
"""Stands for the name of whoever asks; nobody in particular has none."""
MOST_DEEP, MOST_STARS = 2, 3
"""How many `**` a pattern, and how many `*` a component of it may have: matching stays quick."""


def valid_name(name: str) -> bool:
    """Tell whether a repository can have this name."""
    return len(name) <= NAME_LENGTH and NAME.fullmatch(name) is not None


def fault(glob: str) -> str | None:
    """Return what makes a pattern one that no repository could match; None when one could."""
    parts = glob.split("/")
    if parts.count("**") > MOST_DEEP:
        return f"at most {MOST_DEEP} times **"
    for part in parts:
        if part == "**":
            continue
        if "**" in part:
            return "** alone between two /"
        if part.count("*") > MOST_STARS:
            return f"at most {MOST_STARS} times * between two /"
        # Whatever stands for letters is taken for one: can the rest be part of a name?
        if not NAME.fullmatch(re.sub(r"[*]|\{user\}", "x", part)):
            return "lower-case letters, digits, single . _ - between them, /, *, ** and {user}"
    return None


def matches(glob: str, name: str, user: str | None) -> bool:
    """Tell whether a pattern matches the name of a repository, whole.

    `*` stands for any letters of one component, none too; `**` for one component or more; `{user}`
    for the name of the one who asks, and matches nothing when there is none.
    """
    if USER in glob:
        if user is None or set(user) & set("*/{}"):
            return False
        glob = glob.replace(USER, user)
    return compiled(glob).fullmatch(name) is not None


@lru_cache(maxsize=65536)
def compiled(glob: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression."""
    return re.compile("/".join(_component(part) for part in glob.split("/")))


def _component(part: str) -> str:
    if part == "**":
        return "[^/]+(?:/[^/]+)*"
    first, *rest = map(re.escape, part.split("*"))
    if not rest:
        return first
    # Atomic: the first place that fits is as good as any later one, and is never tried again.
    middle = "".join(f"(?>[^/]*?{literal})" for literal in rest[:-1])
    return f"{first}{middle}[^/]*{rest[-1]}"
