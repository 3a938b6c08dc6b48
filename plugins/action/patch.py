"""Update the operating system of a host."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    deployer,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.proof import proof

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.events import Event
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        RestartOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.patch import (
        Patched,
        Pending,
        Updates,
    )


BOOT_SECONDS = 600.0
BOOT = "cat /proc/sys/kernel/random/boot_id; cut -d' ' -f22 /proc/1/stat"
"""Command whose output differs after each boot, also of a container."""


class ActionModule(HostAction):
    """Install what is pending, restart what needs it, and reboot if that is wished."""

    phase = "patch"

    def act(self) -> dict[str, Any]:
        """Return one event for each update and each restart."""
        desired = self.desired()
        seen: Updates = self.host("patch-look")["answer"]
        wished = boolean(self._task.args.get("reboot") or False)
        if self._task.check_mode:
            return self._planned(seen, reboots=wished)
        probe, secrets = proof(self, desired)
        order: RestartOrder = {"probe": probe, "by": deployer()}
        result = self.host("patch", order, secrets)
        done: Patched = result["answer"]
        self.events = result["events"]
        self.events += [event("patch", "ok", _line(one)) for one in done["installed"]]
        if not (done["installed"] or done["restarted"]):
            self.events.append(event("patch", "ok", "nothing is pending"))
        self.events += _notes(done, reboots=wished)
        if wished and done["reboot"]:
            if problem := self._reboot():
                return self.failed(failure("reboot", [problem], "FAILED"))
            self.events.append(event("reboot", "ok", "the host serves again"))
        changed = any(one["state"] == "changed" for one in self.events)
        facts = {"installed": len(done["installed"]), "reboot": done["reboot"]}
        return {"changed": changed, "holdfast": {"events": self.events, "facts": facts}}

    def _planned(self, seen: Updates, *, reboots: bool) -> dict[str, Any]:
        events = [event("patch", "would change", _line(one)) for one in seen["pending"]]
        if not events:
            events.append(event("patch", "ok", "nothing is pending"))
        state = "would change" if reboots else "ok"
        events += [event("reboot", state, f"{one}") for one in seen["reboot"]]
        facts = {"pending": len(seen["pending"]), "reboot": seen["reboot"]}
        report = {"events": events, "facts": facts}
        return {"changed": bool(seen["pending"]), "holdfast": report}

    def _reboot(self) -> str:
        """Reboot, and wait until the registry serves; return the problem, or ""."""
        before = self._boot()
        self.events += self.host("reboot")["events"]
        deadline = time.monotonic() + BOOT_SECONDS
        while self._boot() in ("", before):
            if time.monotonic() > deadline:
                return (
                    f"the host did not come back within {BOOT_SECONDS:.0f} s. Look at its console"
                )
            time.sleep(2)
            self.reconnect()
        while drift := self.observe()[0]["drift"]:
            if time.monotonic() > deadline:
                return f"after the reboot: {'; '.join(drift[:3])}. Run: holdfast doctor"
            time.sleep(2)
        return ""

    def _boot(self) -> str:
        """Return what differs after each boot; "" while the host does not answer."""
        try:
            done = self._low_level_execute_command(BOOT, sudoable=False)
        except AnsibleError:
            return ""
        return str(done["stdout"]).strip() if done["rc"] == 0 else ""


def _line(one: Pending) -> str:
    kind = "security: " if one["security"] else ""
    return f"{kind}{one['package']} {one['old'] or 'new'} -> {one['new']}"


def _notes(done: Patched, *, reboots: bool) -> list[Event]:
    """Return what is still to do."""
    notes = []
    if done["reboot"] and not reboots:
        why = "; ".join(done["reboot"])
        notes.append(event("reboot", "warning", f"{why}. Run: holdfast patch --reboot"))
    elif done["left"] and not done["reboot"]:
        names, units = ", ".join(done["left"]), " ".join(done["left"])
        text = f"still with replaced files: {names}. Run on the host: systemctl restart {units}"
        notes.append(event("patch", "warning", text))
    return notes
