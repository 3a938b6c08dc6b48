"""Move the images of a host to the storage that its settings name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        MoveOrder,
        MoveSecrets,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        CopyProgress,
    )

SECONDS = 20
"""Seconds that a host copies before it reports progress."""


class ActionModule(HostAction):
    """Run one step of a move: begin, copy or clean; `copy` is repeated until it is done."""

    phase = "storage"

    def act(self) -> dict[str, Any]:
        """Return the events; `moving` is true if there are images to copy."""
        from holdfast.certificates import probe_pair  # noqa: PLC0415 -- slow to import

        desired, step = self.desired(), self._task.args["step"]
        probe, password = self.probe_of(desired)
        place = desired.expect["storage"]["place"]
        order: MoveOrder = {
            "wanted": desired.expect["storage"],
            "probe": probe,
            "seconds": SECONDS,
        }
        now, folder = datetime.now(UTC), self.inventory_directory
        secrets: MoveSecrets = {
            **desired.storage_secrets,
            "password": password,
            "client_pair": probe_pair(desired.settings, folder, now) if step == "begin" else None,
        }
        result = self.host(f"move-{step}", order, secrets)
        if self._task.check_mode:
            return self._planned(step, place, result.get("answer"))
        answer, done = result["answer"], result.get("events", [])
        if step == "begin":
            done += [] if answer else [event("storage", "ok", f"images are in {place} already")]
            return {"changed": answer, "moving": answer, "holdfast": {"events": done}}
        if step == "clean":
            return self._result("changed", f"the images in {answer} are gone")
        return {**self._result(*_progress(answer, place)), "done": answer["done"]}

    def _planned(self, step: str, place: str, answer: Any) -> dict[str, Any]:
        if step == "clean":
            return self._result("would change", f"the images in {answer} would be removed")
        if not answer:
            return self._result("ok", f"images are in {place} already")
        return self._result("would change", f"images would go to {place}")

    @staticmethod
    def _result(state: str, text: str) -> dict[str, Any]:
        report = {"events": [event("storage", state, text)]}
        return {"changed": state != "ok", "moving": False, "holdfast": report}


def _progress(found: CopyProgress, place: str) -> tuple[str, str]:
    some, every = (f"{size / 2**20:.0f}" for size in (found["bytes"], found["all_bytes"]))
    text = f"{found['files']} of {found['all_files']} files, {some} of {every} MiB are in {place}"
    return ("changed" if found["done"] else "copying"), text
