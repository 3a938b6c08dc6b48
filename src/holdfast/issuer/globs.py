"""Patterns for repository names."""

from __future__ import annotations

import re
from functools import lru_cache

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = re.compile(rf"{_PART}(?:/{_PART})*")
"""Repository names that the registry accepts."""
NAME_LENGTH = 255
USER = "{user}"
"""Placeholder for the name of the requesting user; it matches nothing for anonymous requests."""
MOST_DEEP, MOST_STARS = 2, 3
"""Maximum number of `**` in a pattern, and of `*` in a component, to bound matching time."""


def valid_name(name: str) -> bool:
    """Tell whether a repository can have this name."""
    return len(name) <= NAME_LENGTH and NAME.fullmatch(name) is not None


def fault(glob: str) -> str | None:
    """Return the reason why a pattern cannot match any repository; None if it can."""
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
    """Tell whether a pattern matches the whole name of a repository.

    `*` matches any characters within a component, `**` one or more components, `{user}` the name of
    the requesting user. Without a user, `{user}` matches nothing.
    """
    if USER in glob:
        if user is None or set(user) & set("*/{}"):
            return False
        glob = glob.replace(USER, user)
    return compiled(glob).fullmatch(name) is not None


@lru_cache(maxsize=65536)
def compiled(glob: str) -> re.Pattern[str]:
    """Compile a pattern to a regular expression."""
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
