"""Replace the key that signs tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        ClientSecrets,
        RotateOrder,
    )

WORDS = {
    "rotate": "a new key would sign, the old one stays trusted until its tokens have ended",
    "finish": "one key would be trusted",
    "revoke": "a new key would sign, no other would be trusted, every login would end",
}


class ActionModule(HostAction):
    """Activate the serving generation again, with changed signing keys."""

    phase = "keys"

    def act(self) -> dict[str, Any]:
        """Return the serving generation, and the lifetime of the old key's tokens in seconds."""
        from holdfast.certificates import probe_pair  # noqa: PLC0415 -- slow to import
        from holdfast.issuer.keyset import LEEWAY_SECONDS  # noqa: PLC0415

        desired, change = self.desired(), str(self._task.args["change"])
        auth, mode = desired.settings.auth.token, desired.settings.auth.mode
        if auth is None:
            text = f"registry_auth_mode: expected token, for no other mode signs, got {mode}"
            return failure(self.phase, [text], "REFUSED")
        if auth.signing_key:
            text = "registry_auth_signing_key: the key is the inventory's. Change it there, with"
            return failure(self.phase, [f"{text} registry_auth_trusted_keys"], "REFUSED")
        if self._task.check_mode:
            return {
                "changed": True,
                "holdfast": {"events": [event(self.phase, "would change", WORDS[change])]},
            }
        probe, password = self.probe_of(desired)
        pair = probe_pair(desired.settings, self.inventory_directory, datetime.now(UTC))
        secrets: ClientSecrets = {"password": password, "client_pair": pair}
        order: RotateOrder = {"change": change, "probe": probe}
        result = self.host("rotate", order, secrets)
        life = auth.token_seconds + LEEWAY_SECONDS
        facts = {"generation": result["answer"], "url": desired.settings.url, "life": life}
        return {"changed": True, "holdfast": {"events": result["events"], "facts": facts}}
