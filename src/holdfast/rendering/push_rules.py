"""Rules at push and quotas as the gate reads them, and the rules about names for nginx."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import listed

from holdfast import tag_patterns
from holdfast.issuer import globs
from holdfast.settings import Settings
from holdfast.settings.sections.push_rules import PushRule

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        Patterns,
        PushRulePlan,
        QuotaPlan,
    )


class NameRule(NamedTuple):
    """A rule about names, for repositories that clients push to."""

    refused: str
    """Regular expression for names that are refused."""
    allowed: str
    """Patterns that are allowed, as text without quotes."""


def rules(settings: Settings) -> list[PushRulePlan]:
    """Return the rules at push, for the gate."""
    return [plan_of(number, rule) for number, rule in enumerate(settings.push_rules)]


def plan_of(number: int, rule: PushRule) -> PushRulePlan:
    """Return one rule; `number` is its place in the settings."""
    return {
        "number": number,
        "repositories": _repositories(rule.repositories),
        "names": _repositories(rule.names),
        "tags": _tags(rule.tags),
        "immutable": _tags(rule.immutable),
        "max_bytes": rule.max_bytes,
        "max_layers": rule.max_layers,
        "require_labels": list(rule.require_labels),
        "require_annotations": list(rule.require_annotations),
        "platforms": list(rule.platforms),
        "refuse": rule.action == "refuse",
    }


def quotas(settings: Settings) -> list[QuotaPlan]:
    """Return the quotas, for the gate."""
    return [
        {
            "number": number,
            "repositories": _repositories(quota.repositories),
            "bytes": quota.bytes,
            "tags": quota.tags,
        }
        for number, quota in enumerate(settings.quotas)
    ]


def name_rules(settings: Settings) -> list[NameRule]:
    """Return the rules about names that refuse, in their order."""
    return [
        NameRule(
            f"^(?!{_any(rule['names'].values())}$){_any(rule['repositories'].values())}$",
            listed(rule["names"]),
        )
        for rule in rules(settings)
        if rule["names"] and rule["refuse"]
    ]


def _repositories(patterns: Iterable[str]) -> Patterns:
    return {one: globs.compiled(one).pattern for one in patterns}


def _tags(patterns: Iterable[str]) -> Patterns:
    return {one: tag_patterns.expression(one) for one in patterns}


def _any(expressions: Iterable[str]) -> str:
    return f"(?:{'|'.join(expressions)})"
