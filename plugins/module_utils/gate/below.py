"""Let removals and moves reach what is below a folder, and nothing else.

Everything that a gate or a clean-up removes or renames goes through here.
"""

from __future__ import annotations

import functools
import os
from typing import Any


def path_below(folder: str, place: str) -> str:
    """Return the path of a place below a folder. Raises ValueError for one that is not below it."""
    # An absolute place would replace the folder, and an empty one would be the folder itself.
    parts = place.split("/") if isinstance(place, str) else [""]
    good = all(part not in {"", ".", ".."} and "\0" not in part for part in parts)
    if not good or not os.path.isabs(folder) or os.path.normpath(folder).strip("/") == "":
        raise _outside(folder, place)
    return os.path.join(folder, *parts)


def real_below(folder: str, place: str) -> str:
    """Return the path of a place that can be moved or removed.

    Raises ValueError for one that is not below the folder, also by a link on the way.
    """
    path, real = path_below(folder, place), _real(folder)
    parent = os.path.realpath(os.path.dirname(path))
    if parent != real and not parent.startswith(f"{real}/"):
        raise _outside(folder, place)
    return path


@functools.lru_cache(maxsize=16)
def _real(folder: str) -> str:
    return os.path.realpath(folder)


def several(places: Any) -> list[str]:
    """Return places as a list. Raises ValueError for a text, whose characters would be places."""
    if not isinstance(places, (list, tuple, set, frozenset)):
        raise ValueError(
            f"places: expected a list of texts, got {type(places).__name__}. Give [place]"
        )
    return list(places)


def _outside(folder: str, place: object) -> ValueError:
    return ValueError(
        f"{place!r}: expected a place below {folder}, got another one. Name it from there, without"
        " a slash at its begin, and without . or .."
    )
