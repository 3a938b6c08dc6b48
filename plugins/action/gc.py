"""Collect garbage of a host's images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cleanup import (
        Amount,
        Collected,
        CollectionPlan,
        GcOrder,
    )


class ActionModule(HostAction):
    """Plan, run or undo a garbage collection, or empty its trash."""

    phase = "gc"

    def act(self) -> dict[str, Any]:
        """Return amounts of files and bytes; pushes and pulls go on meanwhile."""
        verb = self._task.args.get("verb") or "run"
        grace = self._task.args.get("grace_seconds")
        if self._task.check_mode:
            verb = "plan"
        order: GcOrder = {"verb": verb, "grace_seconds": None if grace is None else int(grace)}
        found = self.host("gc-plan" if verb == "plan" else "gc", order)["answer"]
        lines = {"plan": _planned, "undo": _undone}.get(verb, _collected)(found)
        changed = any(state == "changed" for state, _ in lines)
        events = [event("gc", state, text) for state, text in lines]
        return {"changed": changed, "holdfast": {"events": events, "facts": {"gc": found}}}


def _planned(found: CollectionPlan) -> list[tuple[str, str]]:
    state = "would change" if found["garbage"]["files"] or found["due"]["files"] else "ok"
    return [
        (state, f"{found['manifests']} manifests; no longer needed: {amount(found['garbage'])}"),
        ("ok", f"in the trash: {amount(found['trash'])}, over their time: {amount(found['due'])}"),
        *_damaged(found["damaged"]),
    ]


def _collected(found: Collected) -> list[tuple[str, str]]:
    state = "changed" if found["moved"]["files"] or found["purged"]["files"] else "ok"
    text = f"{found['manifests']} manifests; to the trash: {amount(found['moved'])},"
    text += f" removed: {amount(found['purged'])}; in {found['seconds']:.1f} s"
    restored = [("changed", f"needed again: {amount(found['restored'])}")]
    return [
        (state, text),
        *(restored if found["restored"]["files"] else []),
        ("ok", f"in the trash: {amount(found['trash'])}"),
        *_damaged(found["damaged"]),
    ]


def _undone(found: Amount) -> list[tuple[str, str]]:
    return [("changed" if found["files"] else "ok", f"back from the trash: {amount(found)}")]


def _damaged(found: list[str]) -> list[tuple[str, str]]:
    return [
        ("warning", f"{one}: cannot be read; nothing is collected in its repository")
        for one in found
    ]


def amount(found: Amount) -> str:
    """Return an amount as text, such as `12 files, 3.4 MiB`."""
    size, unit = float(found["bytes"]), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    files = f"{found['files']} file{'' if found['files'] == 1 else 's'}"
    return f"{files}, {size:.0f} {unit}" if unit == "bytes" else f"{files}, {size:.1f} {unit}"
