"""Bring a host's generation and certificates to it, and let them serve."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.guarded import ACCESS, guarded
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    deployer,
)


class ActionModule(HostAction):
    """Stage, start, prove, flip, drain; all in one round trip."""

    phase = "generation"

    def act(self) -> dict[str, Any]:
        """Return the generation that serves, and what was done for it."""
        from holdfast.certificates import ca_file, probe_pair  # noqa: PLC0415 -- slow to import

        wish = self.desired()
        settings, folder = wish.settings, self.inventory_directory
        certificates, keys = self._certificates(wish)
        probe, password = self.probe_of(wish)
        order = {
            "contents": wish.contents(sensitive=False),
            "manifest": wish.manifest(deployer()),
            "renew": bool(self._task.args.get("binary")),
            "certificates": certificates,
            "probe": probe,
        }
        secrets = {
            "contents": wish.contents(sensitive=True),
            "keys": keys,
            "password": password,
            "client_pair": probe_pair(settings, folder, datetime.now(UTC)),
        }
        access = json.loads(wish.tree["hardening/plan.json"].content)
        texts = {
            part: wish.tree[path].content
            for part, path in ACCESS.items()
            if access["profile"] == "host" and part in access["parts"]
        }
        users = wish.tree["systemd/sysusers.conf"].content
        attempt = {"plan": access, "texts": texts, "users": users}
        order["attempted"] = bool(texts) and guarded(self, attempt)
        result = self.host("deploy", order, secrets)
        trusted = ca_file(settings, folder)
        facts = {"generation": result["answer"], "ca_file": str(trusted) if trusted else None}
        return {"changed": True, "holdfast": {"events": result["events"], "facts": facts}}

    def _certificates(self, wish: Any) -> tuple[dict[str, Any] | None, dict[str, str]]:
        """Return what is ordered of certificates, and the keys that go with it."""
        found = self.certificates(wish, self._task.args.get("certificates"), create=True)
        if found.reason is None:
            return None, {}
        order = {
            "server": dict(found.server),
            "clients": dict(found.clients),
            "obtain": self.asked if found.obtain else None,
            "text": f"{wish.settings.hostname}: {found.reason}",
        }
        return order, {name: key.get_secret_value() for name, key in found.keys.items()}
