"""Define the types of the index: its plan, and the questions to it."""

from __future__ import annotations

from typing import Any, TypedDict


class IndexPlan(TypedDict):
    """Plan of the program, as the generation has it. Without secrets."""

    directory: str
    """Directory of the images."""
    log: str
    """Access log of the proxy."""
    database: str


class IndexOrder(TypedDict):
    """A question to the index."""

    question: str
    """`search`, `catalog` or `inspect`."""
    given: dict[str, Any]
    """Arguments of the question, by name."""


class IndexState(TypedDict):
    """State of the index at the time of an answer."""

    complete: bool
    """False until it has looked at the whole store once since its start."""
    looked: int
    """Repositories that the current look at the store has passed."""
    problem: str
    """Reason why the index may be behind; "" if there is none."""


class IndexAnswer(TypedDict):
    """Answer of the index."""

    state: IndexState
    found: Any
    """Result of the question; None for an image that the index does not have."""
    error: str
    """Reason why there is no result; "" if there is one."""
