"""Compare the images of a host with its rules at push and quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import listed, shown
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        QuotaUsed,
        RulesChecked,
        RulesOrder,
    )


class ActionModule(HostAction):
    """Return tags that break a rule of the inventory, and what is used of its quotas."""

    phase = "rules"

    def act(self) -> dict[str, Any]:
        """Return one event for each tag and quota; `well` is true if all are ok."""
        settings = self.settings()
        from holdfast.rendering import push_rules  # noqa: PLC0415 -- slow to import

        order: RulesOrder = {
            "rules": push_rules.rules(settings),
            "quotas": push_rules.quotas(settings),
        }
        found: RulesChecked = self.host("rules-check", order)["answer"]
        lines = [*_tags(found), *map(_quota, found["quotas"])]
        events = [event("rules", state, text) for state, text in lines]
        facts = {"rules": found, "well": all(state == "ok" for state, _ in lines)}
        return {"changed": False, "holdfast": {"events": events, "facts": facts}}


def _tags(found: RulesChecked) -> list[tuple[str, str]]:
    lines = [
        ("warning", f"{one['place']}: {one['text']} ({one['rule']})") for one in found["broken"]
    ]
    more = found["count"] - len(found["broken"])
    lines += [("warning", f"and {more} more")] if more else []
    if found["damaged"]:
        lines.append(("warning", f"{found['damaged']} tags: cannot be read. Run: holdfast doctor"))
    return lines or [("ok", f"{found['tags']} tags of repositories with rules, all within them")]


def _quota(one: QuotaUsed) -> tuple[str, str]:
    name = f"{one['rule']} ({listed(one['repositories'])})"
    texts, over = [], False
    for used, most, words, unit in (
        (one["bytes"], one["most_bytes"], shown, ""),
        (one["tags"], one["most_tags"], str, " tags"),
    ):
        if most is not None:
            texts.append(f"{words(used)} of {words(most)}{unit}")
            over = over or used > most
    return ("warning" if over else "ok", f"{name}: {', '.join(texts)}")
