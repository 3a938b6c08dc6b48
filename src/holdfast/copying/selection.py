"""Choose images by patterns: REPOSITORY or REPOSITORY:TAG, with * and **."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast import tag_patterns
from holdfast.copying.place import Source
from holdfast.errors import InputError
from holdfast.issuer import globs


@dataclass(frozen=True)
class Pattern:
    """One pattern."""

    repository: str
    tag: re.Pattern[str] | None
    """Pattern of tags; None for all."""

    @classmethod
    def of(cls, text: str) -> Pattern:
        """Return the pattern that a user wrote. Raises InputError."""
        repository, colon, tag = text.partition(":")
        reason = globs.fault(repository) or (tag_patterns.fault(tag) if colon else None)
        if reason or "{" in repository:
            raise InputError(
                f"--include {text}: expected REPOSITORY or REPOSITORY:TAG, with * and **:"
                f" {reason or 'no {user}'}"
            )
        return cls(repository, re.compile(tag_patterns.expression(tag)) if colon else None)

    @property
    def exact(self) -> bool:
        """True if it names one repository."""
        return "*" not in self.repository

    def takes(self, tag: str) -> bool:
        """Return True if a tag is chosen."""
        return self.tag is None or self.tag.fullmatch(tag) is not None


class Selection:
    """The patterns of a run; without any, all is chosen."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._patterns = [Pattern.of(one) for one in texts]

    def repositories(self, source: Source) -> list[str]:
        """Return the chosen repositories. Raises InputError if the source gives no list."""
        named = sorted({one.repository for one in self._patterns if one.exact})
        if self._patterns and len(named) == len({one.repository for one in self._patterns}):
            return named
        known = source.repositories()
        if known is None:
            raise InputError(
                f"{source.name}: expected a list of repositories, and this registry gives none to"
                " this login. Name each: --include team/app --include team/web:1.*"
            )
        return [one for one in known if not self._patterns or self._of(one)]

    def chosen(self, repository: str, tag: str) -> bool:
        """Return True if a tag is chosen."""
        return not self._patterns or any(one.takes(tag) for one in self._of(repository))

    def _of(self, repository: str) -> list[Pattern]:
        return [one for one in self._patterns if globs.matches(one.repository, repository, None)]
