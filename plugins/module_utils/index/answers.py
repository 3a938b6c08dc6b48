"""Answer questions from the index: what is there, what is found, what is in an image."""

from __future__ import annotations

import fnmatch
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.index import (
    inspecting,
    searching,
    sizes,
)

MOST_SECONDS = 30.0
STEPS = 100_000
"""Steps of SQLite between two looks at the clock."""


def answer(database: sqlite3.Connection, question: str, given: dict[str, Any]) -> Any:
    """Return the result of a question.

    Raises KeyError for an unknown one, and sqlite3.Error for one that takes too long.
    """
    due = time.monotonic() + MOST_SECONDS
    database.set_progress_handler(lambda: time.monotonic() > due, STEPS)
    return QUESTIONS[question](database, given)


def _search(database: sqlite3.Connection, given: dict[str, Any]) -> list[dict[str, Any]]:
    return searching.search(database, str(given["text"]), int(given["most"]))


def _catalog(database: sqlite3.Connection, given: dict[str, Any]) -> dict[str, Any]:
    """Return the repositories that a pattern matches, and the bytes of all together."""
    pattern = str(given["pattern"]) or "*"
    rows = sizes.repositories(database)
    chosen = [row for name, row in rows.items() if fnmatch.fnmatchcase(name, pattern)]
    return {"repositories": chosen, "all": len(rows), "stored": sizes.stored(database)}


def _inspect(database: sqlite3.Connection, given: dict[str, Any]) -> dict[str, Any] | None:
    name, tag, digest = (str(given[key]) for key in ("repository", "tag", "digest"))
    if not (tag or digest):
        return inspecting.repository(database, name)
    return inspecting.image(database, name, tag, digest)


QUESTIONS: dict[str, Callable[[sqlite3.Connection, dict[str, Any]], Any]] = {
    "search": _search,
    "catalog": _catalog,
    "inspect": _inspect,
}
"""Function by question."""
