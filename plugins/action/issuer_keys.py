"""Fetch and pin the keys of external token issuers, or compare them with the pinned ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    ControllerAction,
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_settings import plain

if TYPE_CHECKING:
    from holdfast.jwks.watch import Watched

MODE = "external_token"
_NAMES = (
    *("registry_auth_keys", "registry_auth_keys_ca", "registry_auth_keys_directory"),
    *("registry_outbound_controller_proxy", "registry_outbound_no_proxy"),
)


class ActionModule(ControllerAction):
    """Fetch the keys of each issuer of the play's hosts once; contacts no host.

    With `refresh` the keys are pinned. Without it they are compared with the pinned ones. Only the
    settings of the issuer are parsed, because the others may be invalid as long as nothing is
    pinned.
    """

    _requires_connection = False
    phase = "issuer"

    def act(self) -> dict[str, Any]:
        """Return one event for each issuer; `well` is true if all keys are the pinned ones."""
        watched = self._watched()
        if not watched:
            text = (
                "registry_auth_keys: expected an https address on a host with"
                f" registry_auth_mode: {MODE}, found none. There is nothing to fetch"
            )
            return failure(self.phase, [text], "INPUT")
        wanted = boolean(self._task.args.get("refresh") or False)
        return self._refresh(watched) if wanted else self._look(watched)

    def _watched(self) -> list[Watched]:
        from holdfast.jwks.watch import Watched  # noqa: PLC0415 -- may be missing

        found: dict[Watched, None] = {}
        for host in sorted(self.vars["ansible_play_hosts_all"]):
            known = self.vars["hostvars"][host]
            if plain(known.get("registry_auth_mode")) == MODE:
                flat = {name: plain(known.get(name)) for name in _NAMES}
                one = Watched.of(flat, Path(str(known.get("inventory_dir") or ".")))
                found.update({one: None} if one else {})
        return list(found)

    def _refresh(self, watched: list[Watched]) -> dict[str, Any]:
        from holdfast.jwks.watch import refresh  # noqa: PLC0415

        events, changed = [], False
        for one in watched:
            change, path = refresh(one, datetime.now(UTC), keep=not self._task.check_mode)
            state = "would change" if self._task.check_mode else "changed"
            text = f"{one.address}: {change.text or 'the same keys'}, in {path}"
            events.append(event("issuer", state if change else "ok", text))
            changed = changed or bool(change)
        facts = {"well": True, "changed": changed}
        return {"changed": changed, "holdfast": {"events": events, "facts": facts}}

    def _look(self, watched: list[Watched]) -> dict[str, Any]:
        from holdfast.jwks.watch import look  # noqa: PLC0415

        found = [look(one) for one in watched]
        events = [event("issuer", state, text) for state, text in found]
        facts = {"well": all(state == "ok" for state, _ in found)}
        return {"changed": False, "holdfast": {"events": events, "facts": facts}}
