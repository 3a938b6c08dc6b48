"""Restore a backup of a host, in steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.action.backup import UNSET
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.job_run import run_to_end

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        KeysOrder,
        RestoreFigures,
        RestoreLook,
        RestoreOrder,
    )

    from holdfast.deploying import Desired

MOST = 20
"""Lines about tags that stayed as they are."""
PROGRAMS = ("restic", "openssh-client")
"""Packages without which no backup can be read."""


class ActionModule(HostAction):
    """Run one step of a restore: look, keys or images."""

    phase = "restore"

    def act(self) -> dict[str, Any]:
        """Return the events of the step."""
        desired = self.desired()
        if desired.settings.backup.target is None:
            return failure("restore", [UNSET], "INPUT")
        given = self._task.args
        order: RestoreOrder = {
            "snapshot": str(given.get("snapshot") or ""),
            "only": str(given.get("only") or ""),
        }
        if given["step"] == "keys":
            return self._keys(desired, order["snapshot"])
        if given["step"] == "images":
            return self._images(order)
        found: RestoreLook = self.host("restore-look", order)["answer"]
        if order["only"] and not found["deployed"]:
            text = "--only: expected a registry that serves, found none. Restore everything"
            return failure("restore", [text], "INPUT")
        state, text = "ok", "nothing is in the way"
        if self._task.check_mode:
            state, text = "would change", f"{order['only'] or 'everything'} would be restored"
        report = {"events": [event("restore", state, text)]}
        more = {"deployed": found["deployed"], "install": _install(desired)}
        return {"changed": self._task.check_mode, "holdfast": report, **more}

    def _keys(self, desired: Desired, snapshot: str) -> dict[str, Any]:
        tree = desired.tree
        order: KeysOrder = {
            "plan": json.loads(tree["agent/backup.json"].content),
            "snapshot": snapshot,
            "accounts": tree["systemd/sysusers.conf"].content,
        }
        folder = "backup/"
        names = (path for path in tree if path.startswith(folder))
        secrets = {path.removeprefix(folder): tree[path].content for path in names}
        done: list[str] = self.host("restore-keys", order, secrets)["answer"]
        text = f"{', '.join(done)} restored" if done else "the backup has no keys of the host"
        return {"changed": True, "holdfast": {"events": [event("restore", "changed", text)]}}

    def _images(self, order: RestoreOrder) -> dict[str, Any]:
        self.host("restore", order)
        run = run_to_end(self, "restore", then="; to go on, run it again")
        figures: RestoreFigures = run.figures
        size = f"{figures['bytes'] / 2**20:.1f} MiB"
        text = f"{figures['tags']} tags, {figures['manifests']} manifests, {size}"
        when = figures["time"][:16].replace("T", " ")
        done = event("restore", "changed", f"{text} of {when}, in {run.seconds:.1f} s")
        kept = [event("restore", "warning", _stays(one)) for one in figures["kept"]]
        events = [done, *kept[:MOST], *run.problems("restore", "failed")]
        facts = {"restore": figures, "well": run.well}
        return {"changed": True, "holdfast": {"events": events, "facts": facts}}


def _install(desired: Desired) -> dict[str, list[str]]:
    """Return what the installation of the backup's own packages needs, as in a deploy."""
    packages = [one for part in desired.components for one in part.packages]
    return {
        "packages": [one for one in packages if one in PROGRAMS],
        "own_units": list(desired.settings.os.own_units),
        "direct": desired.settings.outbound.hosts,
    }


def _stays(image: str) -> str:
    return (
        f"{image} names another image here, and stays. To have the old one, take the tag away:"
        f" holdfast untag {image}; then: holdfast restore --only {image}"
    )
