"""Render the configuration of every host into a directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.action.check import ActionModule as Check
from ansible_collections.holdfast.registry.plugins.action.check import several
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.events import Event


class ActionModule(Check):
    """Write the rendered trees to `directory`, if the settings of every host are good."""

    def _use(self, settings: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Write all trees; return their number of files, with --diff what differs from before."""
        from holdfast.rendering import render  # noqa: PLC0415 -- slow to import
        from holdfast.rendering.output import write  # noqa: PLC0415

        del variables
        trees = {host: render(one) for host, one in settings.items()}
        arguments = self._task.args
        done = write(
            trees,
            Path(arguments["directory"]),
            reveal=bool(arguments.get("secrets")),
            compare=bool(self._task.diff),
        )
        return {"files": done.files, "differences": done.differences}

    def _looked_at(self, host: str, settings: Any) -> list[str]:
        """Return nothing: rendering needs no file of the controller."""
        del host, settings
        return []

    def _notes(self, settings: dict[str, Any]) -> list[Event]:
        """Return one event that names the platform assumed for hosts whose settings name none."""
        from holdfast.platforms import DEFAULT, PLATFORMS  # noqa: PLC0415 -- slow to import

        hosts = [host for host, one in settings.items() if not one.platform_known]
        if not hosts:
            return []
        text = (
            f"{several(hosts)}: registry_platform is not given: rendered for"
            f" {PLATFORMS[DEFAULT].title}. A deploy takes what the host runs"
        )
        return [event("settings", "ok", text)]
