"""Keys of issuers that are not ours: fetched and pinned on the controller, or looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    MISSING,
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.hostsettings import plain

if TYPE_CHECKING:
    from holdfast.trust.watch import Watched

MODE = "external_token"
_NAMES = ("registry_auth_keys", "registry_auth_keys_ca", "registry_auth_keys_directory")


class ActionModule(ActionBase):  # type: ignore[misc]
    """Ask the issuers of all hosts of the play, each once; no host is contacted.

    With `refresh` their keys are pinned; else it is told whether they are the pinned ones. This
    works where nothing is pinned yet, so the rest of the settings is not looked at.
    """

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return a line for each issuer, and whether all is well."""
        super().run(tmp, task_vars)
        if MISSING:
            return failure("issuer", [MISSING], "UNEXPECTED")
        from holdfast.errors import Exit, HoldfastError  # noqa: PLC0415 -- after MISSING

        try:
            watched = self._watched(task_vars or {})
            if not watched:
                text = (
                    "registry_auth_keys: expected an https address on a host with"
                    f" registry_auth_mode: {MODE}, found none. There is nothing to fetch"
                )
                return failure("issuer", [text], "INPUT")
            wanted = boolean(self._task.args.get("refresh") or False)
            return self._refresh(watched) if wanted else self._look(watched)
        except HoldfastError as error:
            return failure("issuer", list(error.lines), Exit(error.exit_code).name)

    def _watched(self, task_vars: dict[str, Any]) -> list[Watched]:
        from holdfast.trust.watch import Watched  # noqa: PLC0415 -- after MISSING

        found: dict[Watched, None] = {}
        for host in sorted(task_vars["ansible_play_hosts_all"]):
            known = task_vars["hostvars"][host]
            if plain(known.get("registry_auth_mode")) == MODE:
                flat = {name: plain(known.get(name)) for name in _NAMES}
                one = Watched.of(flat, Path(str(known.get("inventory_dir") or ".")))
                found.update({one: None} if one else {})
        return list(found)

    def _refresh(self, watched: list[Watched]) -> dict[str, Any]:
        from holdfast.trust.watch import refresh  # noqa: PLC0415

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
        from holdfast.trust.watch import look  # noqa: PLC0415

        found = [look(one) for one in watched]
        events = [event("issuer", state, text) for state, text in found]
        facts = {"well": all(state == "ok" for state, _ in found)}
        return {"changed": False, "holdfast": {"events": events, "facts": facts}}
