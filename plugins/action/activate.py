"""Bring a host's generation and certificate to it, and let them serve."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    deployer,
)


class ActionModule(HostAction):
    """Stage, start, prove, flip, drain; all in one round trip."""

    phase = "generation"

    def act(self) -> dict[str, Any]:
        """Return the generation that serves, and what was done for it."""
        from holdfast.certificates import ca_file, wanted  # noqa: PLC0415 -- slow to import

        wish, present = self.desired(), self._task.args.get("certificate") or None
        pair = wanted(
            wish.settings, self.inventory_directory, present, datetime.now(UTC), create=True
        )
        probe, password = self.probe_of(wish)
        order = {
            "contents": wish.contents(sensitive=False),
            "manifest": wish.manifest(deployer()),
            "renew": bool(self._task.args.get("binary")),
            "certificate": pair.certificate,
            "certificate_text": f"{wish.settings.hostname}: {pair.reason}",
            "probe": probe,
        }
        secrets = {
            "contents": wish.contents(sensitive=True),
            "key": pair.key.get_secret_value() if pair.key else None,
            "password": password,
        }
        result = self.host("deploy", order, secrets)
        trusted = ca_file(wish.settings, self.inventory_directory)
        facts = {"generation": result["answer"], "ca_file": str(trusted) if trusted else None}
        return {"changed": True, "holdfast": {"events": result["events"], "facts": facts}}
