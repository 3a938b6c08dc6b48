"""Install the registry's binary on a host, and verify its checksum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        BinaryOrder,
    )


class ActionModule(HostAction):
    """Download a binary once on the controller, and copy it to the host."""

    TRANSFERS_FILES = True
    phase = "install"

    def act(self) -> dict[str, Any]:
        """Return an event with version, size and checksum of the binary."""
        from holdfast.rendering.registry_binary import binary_path  # noqa: PLC0415

        settings = self.settings()
        binary, notes = self.obtain(settings, self._task.args["machine"])
        # Ansible made this folder for the task, and removes it; a second one would stay there.
        shell = self._connection._shell
        source = shell.join_path(shell.tmpdir, "registry")
        self._transfer_file(str(binary.path), source)
        order: BinaryOrder = {
            "source": source,
            "path": binary_path(settings),
            "checksum": binary.checksum,
            "sha256": binary.sha256,
        }
        self.host("place", order)
        size = binary.size / 1e6
        text = f"registry {binary.version} ({size:.0f} MB, sha256 ok{', '.join(['', *notes])})"
        return {"changed": True, "holdfast": {"events": [event("install", "changed", text)]}}
