"""Leave out images that were made before a day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from holdfast import durations
from holdfast.copying import image, manifests
from holdfast.copying.place import ImageError, Manifest, Source
from holdfast.errors import InputError

MOST_CONFIG = 4 << 20
FIRST_YEAR = 2000
"""First year that is taken for a date; builds that can be reproduced say 1970."""


def moment(text: str, now: datetime | None = None) -> datetime:
    """Return the moment that a user wrote: a date, or a duration before now. Raises InputError."""
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        return (now or datetime.now(UTC)) - timedelta(seconds=durations.seconds(text))
    except ValueError as error:
        raise InputError(
            f"--since: expected a date such as 2026-01-31 or a duration such as 30d, got {text!r}"
        ) from error


def created(source: Source, repository: str, manifest: Manifest, depth: int = 0) -> datetime | None:
    """Return the time at which an image was made, by its configuration; None if it says none.

    Of an index it is the first time that one of its images says.
    """
    parts = manifests.parts(manifest)
    for child in parts.children if depth < 2 else ():
        inner = source.manifest(repository, child.digest)
        if found := created(source, repository, inner, depth + 1):
            return found
    if parts.config is None:
        return None
    content = image.text_of(source, repository, parts.config, MOST_CONFIG)
    try:
        found = datetime.fromisoformat(json.loads(content)["created"])
    except (ValueError, LookupError, TypeError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if found.year >= FIRST_YEAR else None


def is_older(source: Source, repository: str, manifest: Manifest, limit: datetime) -> bool:
    """Return True if an image says that it was made before a moment."""
    try:
        found = created(source, repository, manifest)
    except ImageError:
        return False
    return found is not None and found < limit
