"""Decide if a push meets the rules of its repository. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.gate.conditions import (
    CHECKS,
    Pushed,
    keeps,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import covers

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        PushRulePlan,
    )


class Finding(NamedTuple):
    """A condition that a push does not meet."""

    rule: str
    """Place in the settings."""
    condition: str
    refuses: bool
    status: int
    text: str


def covering(rules: Iterable[PushRulePlan], repository: str) -> list[PushRulePlan]:
    """Return the rules for a repository."""
    return [rule for rule in rules if covers(rule["repositories"], repository)]


def locks(rules: Iterable[PushRulePlan], tag: str) -> bool:
    """Return True if one of the rules makes a tag immutable."""
    return any(keeps(rule, tag) for rule in rules)


def findings(rules: Iterable[PushRulePlan], pushed: Pushed) -> list[Finding]:
    """Return what a push does not meet, among the rules that cover its repository."""
    return [
        Finding(f"registry_push_rules[{rule['number']}]", name, rule["refuse"], status, text)
        for rule in covering(rules, pushed.repository)
        for name, status, check in CHECKS
        for text in check(rule, pushed)
    ]
