"""What client machines need to trust a registry: planned here, brought there."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):  # type: ignore[misc]
    """Plan for each kind of client, and let the module of the same name bring it."""

    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what changed."""
        super().run(tmp, task_vars)
        from holdfast.clients import plan  # noqa: PLC0415 -- slow to import
        from holdfast.errors import HoldfastError  # noqa: PLC0415

        given = self._task.args
        state = given.get("state", "present")
        try:
            access = self._access()
            access = access if state == "present" else access.whole()
            plans = [plan(str(kind), access).as_dict() for kind in given["kinds"]]
        except HoldfastError as error:
            return {"failed": True, "msg": "\n".join(error.lines)}
        arguments = {"plans": plans, "state": state}
        found: dict[str, Any] = self._execute_module(
            module_name="holdfast.registry.client", module_args=arguments, task_vars=task_vars
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
