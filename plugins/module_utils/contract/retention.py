"""Define the types of the retention of images: its rules, its plan and its result."""

from __future__ import annotations

from typing import Literal, TypedDict

from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import Push
from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Storage

Verb = Literal["plan", "apply", "undo", "explain", "untag"]


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


class RetentionConfig(TypedDict):
    """The file agent/retention.json of a generation."""

    storage: Storage
    rules: list[Rule]
    pushes: str
    """The gate's record of pushes."""
    log: str
    """Access log of the proxy."""
    control: str
    """Socket of the gate for root."""
    metrics: str
    """Directory of metrics."""
    records: str
    """Directory of the records of jobs."""


class PlannedTag(TypedDict):
    """Decision on a tag. Times are in seconds since 1970."""

    tag: str
    digest: str
    keep: bool
    why: str
    pushed: float | None
    pulled: float | None
    siblings: list[str]
    """Other tags of the same digest."""


class PlannedRepository(TypedDict):
    """Decision on a repository."""

    repository: str
    rule: int
    """Index of the rule."""
    tags: list[PlannedTag]
    manifests: list[str]
    """Digests that go."""
    damaged: list[str]
    """Tags and digests that cannot be read: nothing goes then."""
    bytes: int
    """Bytes that nothing else in the repository holds."""


class RetentionPlan(TypedDict):
    """Decision on all repositories that have a rule."""

    time: float
    repositories: list[PlannedRepository]
    unusable: list[str]
    """Files of `in_use` that are missing, empty or too old."""
    refusal: str
    """Reason for which an apply would be refused; "" if it would not."""


class Applied(TypedDict):
    """Result of a run."""

    tags: list[str]
    """`repository:tag` that went to the trash."""
    manifests: list[str]
    changed: list[str]
    """Tags of the plan that changed since, and stay."""
    bytes: int
    damaged: list[str]
    for_ever: bool
    """True if nothing can be brought back."""


class Undone(TypedDict):
    """Result of an undo."""

    tags: list[str]
    kept: list[str]
    """Tags that stay in the trash: they exist again, or something of their image is gone."""


class Untagged(TypedDict):
    """Result of the removal of one tag."""

    digest: str
    siblings: list[str]
    """Tags of the digest that are left."""


class Explained(TypedDict):
    """Reasons for the decision on one tag."""

    tag: PlannedTag | None
    """None if the repository has no rule."""
    rule: Rule | None
    pushes: list[Push]


class RetentionOrder(TypedDict):
    """Order of a retention verb on a host."""

    verb: Verb
    repository: str
    tag: str
    plan: RetentionPlan | None
    """Plan that was agreed on; None: as the rules say now."""
    without_undo: bool
    """True to remove tags from a bucket without versions, which nothing brings back."""
