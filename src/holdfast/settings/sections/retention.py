"""The list `registry_retention`: rules by which tags go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from ansible_collections.holdfast.registry.plugins.module_utils.retention import patterns
from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from holdfast.durations import seconds
from holdfast.issuer import globs
from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.sections.auth.shadowed_rules import contains
from holdfast.settings.types import Expect

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract import (
        retention as contract,
    )

_GLOB = r"[A-Za-z0-9._*?\[\]!-]{1,128}"
VERSION_GROUPS = ("major", "minor")


def _is_repositories(glob: str) -> str:
    if globs.USER in glob or globs.fault(glob):
        raise PydanticCustomError("glob", "form")
    return glob


def _compiles(pattern: str) -> str:
    if not patterns.is_expression(pattern) and not re.fullmatch(_GLOB, pattern):
        raise PydanticCustomError("pattern", "form")
    try:
        patterns.compiled(pattern)
    except re.error as error:
        raise PydanticCustomError("pattern", "form") from error
    return pattern


Repositories = Annotated[
    str,
    AfterValidator(_is_repositories),
    Expect(
        "a pattern for repository names: letters of names, * within a component, ** for several",
        'e.g. "team-a/**"',
    ),
]
TagGlob = Annotated[
    str,
    StringConstraints(pattern=f"^{_GLOB}$"),
    Expect("a pattern for tags with *, ? and [...]", 'e.g. "v[0-9]*"'),
]
TagPattern = Annotated[
    str,
    StringConstraints(min_length=1, max_length=256),
    AfterValidator(_compiles),
    Expect(
        "a pattern for tags with *, ? and [...], or a regular expression with a named group",
        'e.g. "pr-*" or "(?<branch>[a-z]+)-[0-9]+"',
    ),
]
Group = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,30}$"),
    Expect("major, minor, or the name of a group of a pattern of drop"),
]
Share = Annotated[
    str,
    StringConstraints(pattern=r"^(?:[1-9][0-9]?|100)%$"),
    Expect("a share from 1% to 100%", "e.g. 20%"),
]


class KeepLine(Section):
    """A line of `keep`. It holds if all of its conditions hold."""

    tags: Annotated[
        tuple[TagGlob, ...], Field(strict=False), Expect("a list of patterns for tags")
    ] = ()
    """Patterns of tags; with `newest`, only these tags are counted."""
    newest: Annotated[
        int | None, Field(ge=1, le=100000), Expect("a number of tags from 1 to 100000")
    ] = None
    """Number of tags that stay: those with fewer newer ones in their group. Equal ones stay."""
    by: Literal["pushed", "created", "version"] = "pushed"
    """Order for `newest`: when a tag was pushed, when its image was created, or the version that
    the tag names."""
    per: Group | None = None
    """Groups for `newest`: `major` or `minor` version, or a named group of a pattern of `drop`."""
    pushed_within: t.Duration | None = None
    """Time since the push of a tag."""
    pulled_within: t.Duration | None = None
    """Time since the last pull. Pulls before the oldest line of the access log are not known, and
    count as recent."""
    in_use: Annotated[
        tuple[t.AbsolutePath, ...], Field(strict=False), Expect("a list of paths on the host")
    ] = ()
    """Files on the host with digests that are in use, as clusters report them. A file that is
    missing, empty or older than a day keeps everything."""
    labels: Annotated[
        dict[str, str],
        Expect("a mapping of labels to patterns for values", "e.g. {org.example.keep: 'yes'}"),
    ] = Field(default_factory=dict)
    """Labels of an image's configuration, each with a pattern for its value."""

    @model_validator(mode="after")
    def _has_a_condition(self) -> KeepLine:
        if self.newest is None and ("by" in self.model_fields_set or self.per is not None):
            raise refusal("newest", "a number, for by or per is given", "Give it, e.g. newest: 10")
        if not self.line:
            conditions = "tags, newest, pushed_within, pulled_within, in_use or labels"
            raise refusal("", f"one of {conditions}", "Give one, or remove the line")
        return self

    @property
    def line(self) -> contract.KeepLine:
        """The line in the form for the host: only what is given, times in seconds."""
        found: contract.KeepLine = {}
        if self.newest is not None:
            found |= {"newest": self.newest, "by": self.by}
            if self.per:
                found["per"] = self.per
        if self.tags:
            found["tags"] = list(self.tags)
        if self.pushed_within:
            found["pushed_within"] = seconds(self.pushed_within)
        if self.pulled_within:
            found["pulled_within"] = seconds(self.pulled_within)
        if self.in_use:
            found["in_use"] = list(self.in_use)
        if self.labels:
            found["labels"] = dict(self.labels)
        return found


class RetentionRule(Section):
    """A rule for repositories. A repository has one rule: the first that matches its name."""

    repositories: Annotated[
        tuple[Repositories, ...],
        Field(min_length=1, strict=False),
        Expect("a list of patterns", 'e.g. ["team-a/**"]'),
    ]
    """Patterns for whole repository names: `*` matches any characters between two `/`, `**` one or
    more components."""
    drop: Annotated[
        tuple[TagPattern, ...], Field(strict=False), Expect("a list of patterns for tags")
    ] = ()
    """Patterns of the tags that may go: with `*`, `?` and `[...]`, or regular expressions with a
    named group, as `(?<branch>[a-z]+)-[0-9]+`. Other tags stay."""
    keep: Annotated[
        tuple[KeepLine, ...], Field(strict=False), Expect("a list of lines, each a mapping")
    ] = ()
    """Lines for tags that stay nevertheless: a tag stays if one of them holds."""
    untagged_after: t.Duration | None = None
    """Time after which a manifest without a tag goes; never if it is not given."""
    grace: t.Duration = "24h"
    """Time after a push in which nothing goes."""
    at_most: Share | None = None
    """Share of a repository's tags that one run drops at most, but one in any case; the oldest go
    first."""

    @model_validator(mode="after")
    def _groups_exist(self) -> RetentionRule:
        known = {group for one in self.drop for group in patterns.compiled(one).groupindex}
        for number, one in enumerate(self.keep):
            if one.per and one.per not in {*VERSION_GROUPS, *known}:
                raise refusal(
                    f"keep[{number}].per",
                    "major, minor, or the name of a group of a pattern of drop",
                    f"Name a group in drop: (?<{one.per}>[a-z]+)",
                    given=one.per,
                )
        return self

    @property
    def rule(self) -> contract.Rule:
        """The rule in the form for the host."""
        return {
            "repositories": list(self.repositories),
            "matching": [globs.compiled(one).pattern for one in self.repositories],
            "drop": list(self.drop),
            "keep": [one.line for one in self.keep],
            "untagged_after": seconds(self.untagged_after) if self.untagged_after else None,
            "grace": seconds(self.grace),
            "at_most": int(self.at_most[:-1]) if self.at_most else None,
        }


Retention = Annotated[tuple[RetentionRule, ...], Field(strict=False), Expect("a list of rules")]


def check_order(rules: Sequence[RetentionRule]) -> None:
    """Raise a refusal for a rule that never applies, because earlier ones match all it matches."""
    for number, rule in enumerate(rules):
        for other, earlier in enumerate(rules[:number]):
            if all(any(contains(w, n) for w in earlier.repositories) for n in rule.repositories):
                raise refusal(
                    f"retention[{number}].repositories",
                    f"repositories that no earlier rule has: registry_retention[{other}] matches"
                    " all of these, and the first rule that matches applies",
                    "Remove the rule, or put it before that one",
                    given=", ".join(rule.repositories),
                )
