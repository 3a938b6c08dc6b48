"""Compare what a store has with rules at push and quotas. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import (
    opening,
    plans,
    quotas,
    rules,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.admission import contents_of
from ansible_collections.holdfast.registry.plugins.module_utils.gate.conditions import Pushed
from ansible_collections.holdfast.registry.plugins.module_utils.gate.rules import Finding
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        GatePlan,
        PushRulePlan,
        RulesChecked,
        RulesOrder,
    )

MOST_SHOWN = 200


def check(order: RulesOrder, generation: str = f"{paths.ETC}/current") -> RulesChecked:
    """Return tags that no push could make now, and what is used of each quota. Raises StepError."""
    plan: GatePlan = plans.of(generation, "gate/plan.json", "rules")
    store = opening.opened(plan["storage"], generation)
    found: RulesChecked = {"tags": 0, "broken": [], "count": 0, "damaged": 0, "quotas": []}
    for stored in store.look().repositories():
        repository = stored.name
        own = rules.covering(order["rules"], repository)
        for tag, digest in stored.tags() if own else ():
            found["tags"] += 1
            try:
                broken = list(_broken(store, own, repository, tag, digest))
            except (OSError, ValueError):
                found["damaged"] += 1
                continue
            found["count"] += len(broken)
            for one in broken[: MOST_SHOWN - len(found["broken"])]:
                place = f"{repository}:{tag}"
                found["broken"].append({"place": place, "rule": one.rule, "text": one.text})
    found["quotas"] = quotas.used(store, order["quotas"])
    return found


def _broken(
    store: Store, own: list[PushRulePlan], repository: str, tag: str, digest: str
) -> Iterator[Finding]:
    content = store.read(places.blob(digest))
    if content is None:
        raise ValueError(f"{digest}: expected a manifest, found none")
    inside = contents_of(store, content)
    # As a new tag: a tag that exists breaks no rule by being immutable.
    yield from rules.findings(own, Pushed(repository, tag, digest, "", inside))
