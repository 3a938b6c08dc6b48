"""Define the types of the gate: its configuration, its record and its control."""

from __future__ import annotations

from typing import TypeAlias, TypedDict

from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Storage

Patterns: TypeAlias = dict[str, str]
"""Regular expression for whole texts, by the pattern of the settings."""


class PushRulePlan(TypedDict):
    """A rule at push; conditions that are empty or None are not set."""

    number: int
    """Place in the settings."""
    repositories: Patterns
    names: Patterns
    tags: Patterns
    immutable: Patterns
    max_bytes: int | None
    max_layers: int | None
    require_labels: list[str]
    require_annotations: list[str]
    platforms: list[str]
    refuse: bool
    """False: the push is taken, with a warning."""


class QuotaPlan(TypedDict):
    """The most that some repositories together may hold."""

    number: int
    repositories: Patterns
    bytes: int | None
    tags: int | None


class GatePlan(TypedDict):
    """The file gate/plan.json of a generation."""

    storage: Storage
    tokens: bool
    """True if the registry itself decides who may push, by a token."""
    children: bool
    """True if all manifests of an index have to be in the repository."""
    rules: list[PushRulePlan]
    quotas: list[QuotaPlan]


class Pushed(TypedDict):
    """The time of a push, and its user."""

    time: float
    """Seconds since 1970, UTC."""
    by: str
    """Name of the client's user; "" if anybody may push."""


class Push(Pushed):
    """A tag that was pushed."""

    repository: str
    tag: str
    """"" for a manifest that was taken away."""
    digest: str
    """Digest that was pushed; "" if the tag or the manifest was taken away."""
    replaced: str
    """Digest that the tag had before; "" for a new tag."""
    address: str


class BatchDone(TypedDict):
    """Result of one batch of a clean-up."""

    done: list[str]
    """Places that were moved or removed."""
    spared: int
    """Number of places that a push needs."""
    left: list[str]
    """Places that were not tried, because pushes waited long enough."""
    seconds: float


class TakeOrder(TypedDict):
    """Order to take tags and manifests of a repository away."""

    cycle: str
    repository: str
    tags: dict[str, str]
    """Digest by tag: a tag that names another one stays."""
    manifests: list[str]
    by: str
    """Name for the record of pushes."""
    for_ever: bool
    """True to remove them if the bucket keeps no versions."""


class Taken(TypedDict):
    """Tags and manifests that were taken away."""

    tags: list[str]
    manifests: list[str]


class GateFigures(TypedDict):
    """Counts since the gate started."""

    pushed: int
    restored: int
    refused: int
    rewritten: int
    longest_batch_seconds: float
    """Longest that a push may have waited for moves: in a bucket, for those of what it needs."""


class RulesOrder(TypedDict):
    """Order to compare what a host has with rules and quotas, which may not be deployed yet."""

    rules: list[PushRulePlan]
    quotas: list[QuotaPlan]


class RuleBroken(TypedDict):
    """A tag that no push could make now."""

    place: str
    """Repository and tag."""
    rule: str
    """Place in the settings."""
    text: str


class QuotaUsed(TypedDict):
    """Amounts of one quota; a limit that is None is not set."""

    rule: str
    repositories: list[str]
    bytes: int
    most_bytes: int | None
    tags: int
    most_tags: int | None


class RulesChecked(TypedDict):
    """Result of a comparison with rules and quotas."""

    tags: int
    """Number of tags that a rule covers."""
    broken: list[RuleBroken]
    """The first ones; `count` is the number of all."""
    count: int
    damaged: int
    """Number of tags whose manifests are missing or cannot be read."""
    quotas: list[QuotaUsed]
