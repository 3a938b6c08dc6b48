"""Rules at push: conditions that images have to meet before the registry takes them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from holdfast import sizes, tag_patterns
from holdfast.issuer import globs
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.types import Expect, SeveralKinds, in_bytes

CONDITIONS = (
    *("names", "tags", "immutable", "max_bytes", "max_layers"),
    *("require_labels", "require_annotations", "platforms"),
)
_PLATFORM = re.compile(r"(?:\*|[a-z0-9]+)/(?:\*|[a-z0-9_]+)(?:/(?:\*|[a-z0-9.]+))?")


def _repository_pattern(text: str) -> str:
    if globs.USER in text or globs.fault(text):
        raise PydanticCustomError("pattern", "form")
    return text


def _tag_pattern(text: str) -> str:
    if tag_patterns.fault(text):
        raise PydanticCustomError("pattern", "form")
    return text


def _platform(text: str) -> str:
    if not _PLATFORM.fullmatch(text):
        raise PydanticCustomError("platform", "form")
    return text


def _all_or_some(value: Any) -> Any:
    """Return the patterns that `true` and `false` stand for; other values unchanged."""
    words = {True: ("*",), False: ()}
    return words[value] if isinstance(value, bool) else value


RepositoryPattern = Annotated[
    str,
    AfterValidator(_repository_pattern),
    Expect(
        "a pattern for the names of repositories",
        "* stands for characters between two /, ** for one or more components: e.g. team-a/**",
    ),
]
TagPattern = Annotated[
    str,
    AfterValidator(_tag_pattern),
    Expect(
        "a pattern for tags",
        f"It has {tag_patterns.ALLOWED}, with at most {tag_patterns.MOST_OPEN} of * and {{}}:"
        " e.g. v{semver}",
    ),
]
Key = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$"),
    Expect("the name of a label or annotation", "e.g. org.opencontainers.image.source"),
]
PlatformPattern = Annotated[
    str,
    AfterValidator(_platform),
    Expect("a platform as OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT", "e.g. linux/amd64, linux/*"),
]
Size = Annotated[
    Annotated[int, Field(ge=1, le=1 << 60)] | None,
    BeforeValidator(in_bytes),
    SeveralKinds(),
    Expect(sizes.EXPECTED, "e.g. 2GiB"),
]
Keys = Annotated[tuple[Key, ...], Field(strict=False), Expect("a list of names")]
RepositoryPatterns = Annotated[
    tuple[RepositoryPattern, ...],
    Field(min_length=1, strict=False),
    Expect("a list of patterns for repositories", 'e.g. ["team-a/**"], and ["**"] for all'),
]


class PushRule(Section):
    """Conditions for pushes to some repositories. All rules that match a repository apply."""

    repositories: RepositoryPatterns
    """Patterns for the repositories to which the rule applies: `*` matches any characters between
    two `/`, `**` one or more components. `holdfast/**` belongs to holdfast's own tests and is never
    matched."""
    names: Annotated[
        tuple[RepositoryPattern, ...],
        Field(strict=False),
        Expect("a list of patterns for repositories"),
    ] = ()
    """Patterns of which one has to match the repository's name. Other names are refused at the
    first upload."""
    tags: Annotated[
        tuple[TagPattern, ...], Field(strict=False), Expect("a list of patterns for tags")
    ] = ()
    """Patterns of which one has to match the tag: `*`, `?`, `[0-9]`, `{semver}`, `{sha}`, `{date}`
    and `{number}`. Pushes by digest have no tag, and tags `sha256-…` of signatures always pass."""
    immutable: Annotated[
        tuple[TagPattern, ...],
        BeforeValidator(_all_or_some),
        Field(strict=False),
        SeveralKinds(),
        Expect("true for all tags, or a list of patterns for tags", 'e.g. ["v{semver}"]'),
    ] = ()
    """Tags that keep their first digest: true for all of the repositories, or patterns. The same
    image may be pushed again."""
    max_bytes: Size = None
    """Largest size of one platform of an image, as stored (compressed)."""
    max_layers: Annotated[
        Annotated[int, Field(ge=1, le=10000)] | None, Expect("a number of layers from 1 to 10000")
    ] = None
    """Largest number of layers."""
    require_labels: Keys = ()
    """Labels that an image's configuration has to have (`LABEL` of a Dockerfile)."""
    require_annotations: Keys = ()
    """Annotations that the manifest of a tag has to have; of an index, it or all its images."""
    platforms: Annotated[
        tuple[PlatformPattern, ...], Field(strict=False), Expect("a list of platforms")
    ] = ()
    """Platforms that images may have, such as `linux/amd64` or `linux/*`."""
    action: Annotated[Literal["refuse", "warn"], Expect("refuse or warn")] = "refuse"
    """`refuse` a push that does not meet the rule, or take it and `warn`: in the gate's log, and
    for clients that show the header `Warning`."""

    @model_validator(mode="after")
    def _demands_something(self) -> PushRule:
        if not any(getattr(self, key) for key in CONDITIONS):
            raise refusal(
                "",
                f"at least one of {', '.join(CONDITIONS)}",
                "Add one, or remove the rule",
                given="none",
            )
        return self


PushRules = Annotated[
    tuple[PushRule, ...], Field(strict=False), Expect("a list of rules", "docs/push-rules.md")
]
