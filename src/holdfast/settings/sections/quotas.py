"""Quotas: the most that some repositories together may hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.sections.push_rules import RepositoryPatterns, Size
from holdfast.settings.types import Expect


class Quota(Section):
    """A limit for the sum over all repositories that its patterns match."""

    repositories: RepositoryPatterns
    """Patterns for the repositories that share the quota, as in `registry_push_rules`."""
    bytes: Size = None
    """Most bytes of all images together. A layer that several of them use counts once."""
    tags: Annotated[
        Annotated[int, Field(ge=1, le=10_000_000)] | None,
        Expect("a number of tags from 1 to 10000000"),
    ] = None
    """Most tags."""

    @model_validator(mode="after")
    def _limits_something(self) -> Quota:
        if self.bytes is None and self.tags is None:
            raise refusal("", "bytes or tags", "Give a limit, or remove the quota", given="neither")
        return self


Quotas = Annotated[
    tuple[Quota, ...], Field(strict=False), Expect("a list of quotas", "docs/push-rules.md")
]
