"""Configure client machines to trust a registry: planned on the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    ControllerAction,
)


class ActionModule(ControllerAction):
    """Plan the files of each kind of client, and run the module `client_files`."""

    _supports_diff = True
    phase = "client"

    def act(self) -> dict[str, Any]:
        """Return the changed files."""
        from holdfast.clients import plan  # noqa: PLC0415 -- slow to import

        given = self._task.args
        state = given.get("state", "present")
        access = self._access()
        access = access if state == "present" else access.whole()
        plans = [plan(str(kind), access).as_dict() for kind in given["kinds"]]
        arguments = {"plans": plans, "state": state}
        found: dict[str, Any] = self._execute_module(
            module_name="holdfast.registry.client_files", module_args=arguments, task_vars=self.vars
        )
        if not self._task.diff:
            found.pop("diff", None)
        return found

    def _access(self) -> Any:
        from holdfast.clients import Access  # noqa: PLC0415 -- slow to import

        given = {key: str(value) for key, value in self._task.args.items() if value}
        return Access(
            given["authority"],
            given.get("ca"),
            self._both(given, "certificate", "key"),
            self._both(given, "username", "password"),
            given.get("home", "/root"),
            given.get("mirror_of"),
            given.get("mirror_path", ""),
        )

    @staticmethod
    def _both(given: dict[str, str], first: str, second: str) -> tuple[str, str] | None:
        from holdfast.errors import InputError  # noqa: PLC0415 -- slow to import

        if (first in given) != (second in given):
            prefix = "holdfast_client_"
            raise InputError(f"{prefix}{first}: expected together with {prefix}{second}. Give both")
        return (given[first], given[second]) if first in given else None
