"""Move the images of a host to the storage that its settings name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction, event

SECONDS = 20
"""How long a host copies before it tells how far it is."""


class ActionModule(HostAction):
    """Begin, copy or clean; `copy` is asked again until it is done."""

    phase = "storage"

    def act(self) -> dict[str, Any]:
        """Return what was done; `moving` tells whether there is something to copy."""
        from holdfast.certificates import probe_pair  # noqa: PLC0415 -- slow to import

        wish, step = self.desired(), self._task.args["step"]
        probe, password = self.probe_of(wish)
        order = {"wanted": wish.expect["storage"], "probe": probe, "seconds": SECONDS}
        secrets: dict[str, Any] = {**wish.storage_secrets, "password": password}
        if step == "begin":
            secrets["client_pair"] = probe_pair(
                wish.settings, self.inventory_directory, datetime.now(UTC)
            )
        if self._task.check_mode:
            return self._result("would change", f"images would go to {order['wanted']['place']}")
        result = self.host(f"move-{step}", order, secrets)
        answer, done = result["answer"], result.get("events", [])
        place = order["wanted"]["place"]
        if step == "begin":
            done += [] if answer else [event("storage", "ok", f"images are in {place} already")]
            return {"changed": answer, "moving": answer, "holdfast": {"events": done}}
        if step == "clean":
            return self._result("changed", f"the images in {answer} are gone")
        return {**self._result(*_progress(answer, place)), "done": answer["done"]}

    @staticmethod
    def _result(state: str, text: str) -> dict[str, Any]:
        told = {"events": [event("storage", state, text)]}
        return {"changed": state != "ok", "moving": False, "holdfast": told}


def _progress(found: dict[str, Any], place: str) -> tuple[str, str]:
    some, every = (f"{found[key] / 2**20:.0f}" for key in ("bytes", "all_bytes"))
    text = f"{found['files']} of {found['all_files']} files, {some} of {every} MiB are in {place}"
    return ("changed" if found["done"] else "copying"), text
