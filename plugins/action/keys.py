"""Let one key that signs tokens follow another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    event,
    failure,
)

WORDS = {
    "rotate": "a new key would sign, the old one stays trusted until its tokens have ended",
    "finish": "one key would be trusted",
    "revoke": "a new key would sign, no other would be trusted, every login would end",
}


class ActionModule(HostAction):
    """Go over to the generation that serves once more, with other keys."""

    phase = "keys"

    def act(self) -> dict[str, Any]:
        """Return the generation that serves, and how long tokens of the old key live."""
        from holdfast.certificates import probe_pair  # noqa: PLC0415 -- slow to import
        from holdfast.issuer.keyset import LEEWAY_SECONDS  # noqa: PLC0415
        from holdfast.settings.auth import Token  # noqa: PLC0415

        wish, change = self.desired(), str(self._task.args["change"])
        auth = wish.settings.auth
        if not isinstance(auth, Token):
            text = f"registry_auth_mode: expected token, for no other mode signs, got {auth.mode}"
            return failure(self.phase, [text], "REFUSED")
        if auth.signing_key:
            text = "registry_auth_signing_key: the key is the inventory's. Change it there, with"
            return failure(self.phase, [f"{text} registry_auth_trusted_keys"], "REFUSED")
        if self._task.check_mode:
            return {
                "changed": True,
                "holdfast": {"events": [event(self.phase, "would change", WORDS[change])]},
            }
        probe, password = self.probe_of(wish)
        pair = probe_pair(wish.settings, self.inventory_directory, datetime.now(UTC))
        secrets = {"password": password, "client_pair": pair}
        result = self.host("rotate", {"change": change, "probe": probe}, secrets)
        life = auth.token_seconds + LEEWAY_SECONDS
        facts = {"generation": result["answer"], "url": wish.settings.url, "life": life}
        return {"changed": True, "holdfast": {"events": result["events"], "facts": facts}}
