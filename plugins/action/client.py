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
        from holdfast.clients import Access, plan  # noqa: PLC0415 -- slow to import
        from holdfast.errors import HoldfastError  # noqa: PLC0415

        given = self._task.args
        pair = (given.get("certificate"), given.get("key"))
        access = Access(
            str(given["authority"]),
            given.get("ca") or None,
            (str(pair[0]), str(pair[1])) if pair[0] and pair[1] else None,
            given.get("mirror_of") or None,
        )
        try:
            plans = [plan(str(kind), access).as_dict() for kind in given["kinds"]]
        except HoldfastError as error:
            return {"failed": True, "msg": "\n".join(error.lines)}
        arguments = {"plans": plans, "state": given.get("state", "present")}
        found: dict[str, Any] = self._execute_module(
            module_name="holdfast.registry.client", module_args=arguments, task_vars=task_vars
        )
        if not self._task.diff:
            found.pop("diff", None)
        return found
