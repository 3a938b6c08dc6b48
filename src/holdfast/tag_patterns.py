"""Patterns for tags: `*`, `?`, `[0-9]`, and names for usual forms such as `{semver}`."""

from __future__ import annotations

import re

_NUMBER = "(?:0|[1-9][0-9]*)"
FORMS = {
    "semver": rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z][0-9A-Za-z.-]*)?",
    "sha": r"[0-9a-f]{7,64}",
    "date": r"[0-9]{4}-?[01][0-9]-?[0-3][0-9]",
    "number": r"[0-9]+",
}
"""Regular expression by name. Source of semver: semver.org 2.0.0; a tag can have no `+`."""
MOST_OPEN = 3
"""Maximum number of `*` and forms in a pattern, to bound matching time."""
ALLOWED = "letters, digits, . _ -, *, ?, [0-9] and " + ", ".join(f"{{{name}}}" for name in FORMS)
_PART = re.compile(r"(\*)|(\?)|\[(!?)([\w.-]+)\]|\{([a-z]+)\}|([\w.-])", re.ASCII)


def fault(pattern: str) -> str | None:
    """Return the expected form of a pattern that cannot be one; None for a good one."""
    parts = _parts(pattern)
    if not parts or any(part[5] and part[5] not in FORMS for part in parts):
        return ALLOWED
    if sum(bool(part[1] or part[5]) for part in parts) > MOST_OPEN:
        return f"at most {MOST_OPEN} times * or a name in {{}}"
    try:
        re.compile(expression(pattern))
    except re.error:
        return "a range such as [0-9] in [], the lower end first"
    return None


def expression(pattern: str) -> str:
    """Return the regular expression of a good pattern, for whole tags."""
    return "".join(map(_expression, _parts(pattern)))


def _expression(part: re.Match[str]) -> str:
    star, any_one, inverted, inside, form, literal = part.groups()
    if star or any_one:
        return "[^/]*" if star else "[^/]"
    if inside:
        return f"[{'^' if inverted else ''}{inside}]"
    return f"(?:{FORMS[form]})" if form else re.escape(literal)


def _parts(pattern: str) -> list[re.Match[str]]:
    """Return the parts of a pattern; none if a part is not known."""
    found = list(_PART.finditer(pattern))
    return found if "".join(part[0] for part in found) == pattern else []
