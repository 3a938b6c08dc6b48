"""Match tags: globs, and regular expressions with a named group."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterable

HANGING = re.compile(r"(sha256|sha512)-([0-9a-f]{64,128})(?:\.[A-Za-z0-9._-]+)?")
"""Tags of what hangs on a manifest: of the referrers' fallback, and .sig, .att, .sbom."""
_GROUP = re.compile(r"\(\?P?<(?![=!])")


def is_expression(pattern: str) -> bool:
    """Return True for a regular expression, which has a named group; False for a glob."""
    return _GROUP.search(pattern) is not None


@functools.lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression for whole tags. Raises re.error."""
    if is_expression(pattern):
        return re.compile(_GROUP.sub("(?P<", pattern))
    return re.compile(fnmatch.translate(pattern))


def match(patterns: Iterable[str], tag: str) -> list[re.Match[str]]:
    """Return the matches of a tag, in the order of the patterns."""
    found = (compiled(one).fullmatch(tag) for one in patterns)
    return [one for one in found if one]


def subject(tag: str) -> str:
    """Return the digest on which a tag hangs by its name; "" for other tags."""
    found = HANGING.fullmatch(tag)
    return f"{found[1]}:{found[2]}" if found else ""
