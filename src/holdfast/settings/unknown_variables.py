"""Report unknown `registry_*` variables: misspelt settings, and variables of other people."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from holdfast.errors import Complaint
from holdfast.settings.conversion import converted
from holdfast.settings.model import Settings
from holdfast.settings.variables import PREFIX, by_name, variables

IGNORE = "registry_ignore"
CLOSE = 0.75
"""Minimum similarity, without the prefix, at which a name counts as a misspelt setting."""
NEAR = 0.6
"""Minimum similarity at which a setting is suggested."""


def refused(flat: Mapping[str, Any]) -> list[Complaint]:
    """Return an error for each unknown variable that resembles a setting or has a section's prefix.

    A pattern of registry_ignore that covers a setting cannot excuse a misspelt one.
    """
    wide = {glob for glob in _ignored(flat) for own in by_name() if fnmatchcase(own, glob)}
    exact = [glob for glob in _ignored(flat) if glob not in wide]
    return [_refusal(name) for name in _unknown(flat, exact) if _is_ours(name)]


def warnings(flat: Mapping[str, Any]) -> list[Complaint]:
    """Return a warning for each other unknown variable: it has no effect."""
    return [
        Complaint(name, f"not a setting of holdfast, has no effect. {_todo(name)}")
        for name in _unknown(flat, _ignored(flat))
        if not _is_ours(name)
    ]


def _todo(name: str) -> str:
    near = _nearest(name, NEAR)
    meant = f"Set {near} if that is meant, or" if near else "If it is somebody else's,"
    return f"{meant} add it to {IGNORE}"


def _ignored(flat: Mapping[str, Any]) -> list[str]:
    """Return the patterns of registry_ignore."""
    globs = converted(flat.get(IGNORE, ()), Settings.model_fields["ignore"].annotation)
    return [glob for glob in globs if isinstance(glob, str)] if isinstance(globs, list) else []


def _unknown(flat: Mapping[str, Any], ignored: list[str]) -> list[str]:
    """Return the unknown names that no pattern of `registry_ignore` matches."""
    return [
        name
        for name in flat
        if name.startswith(PREFIX)
        and name not in by_name()
        and not any(fnmatchcase(name, glob) for glob in ignored)
    ]


def _is_ours(name: str) -> bool:
    below = {f"{PREFIX}{one.section}_" for one in variables() if one.section}
    return name.startswith(tuple(below)) or _nearest(name, CLOSE) is not None


def _nearest(name: str, similarity: float) -> str | None:
    """Return the setting whose name is most similar to a given one; None if none is similar
    enough."""
    # Without the prefix, which all have in common, and which would make all of them near.
    bare = {known.removeprefix(PREFIX): known for known in by_name()}
    given = name.removeprefix(PREFIX)
    longer = [known for known in bare if known.startswith(given) and "_" in given]
    near = longer or get_close_matches(given, bare, n=1, cutoff=similarity)
    return bare[near[0]] if near else None


def _refusal(name: str) -> Complaint:
    near = _nearest(name, NEAR)
    what = f"Did you mean {near}?" if near else "docs/settings.md lists every setting"
    return Complaint(name, f"no such setting. {what}")
