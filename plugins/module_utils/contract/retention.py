"""Define the types of the retention of images: its rules, its plan and its result."""

from __future__ import annotations

from typing import Literal, TypedDict


class KeepLine(TypedDict, total=False):
    """A line of `keep`: it holds if all conditions that it has hold. Times are in seconds."""

    tags: list[str]
    newest: int
    by: Literal["pushed", "created", "version"]
    per: str
    pushed_within: int
    pulled_within: int
    in_use: list[str]
    labels: dict[str, str]


class Rule(TypedDict):
    """A rule of the retention. Times are in seconds."""

    repositories: list[str]
    """Patterns as the settings have them, for messages."""
    matching: list[str]
    """The same as regular expressions for whole names."""
    drop: list[str]
    keep: list[KeepLine]
    untagged_after: int | None
    grace: int
    at_most: int | None
    """Percent of a repository's tags that one run drops at most."""
