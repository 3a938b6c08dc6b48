"""Bring the registry's binary to a host, by its checksum."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction, event


class ActionModule(HostAction):
    """Obtain a binary once on this machine, and place it on the host."""

    TRANSFERS_FILES = True
    phase = "install"

    def act(self) -> dict[str, Any]:
        """Return what the binary says of its version."""
        from holdfast.distribution import default_cache, obtain  # noqa: PLC0415 -- rarely needed
        from holdfast.rendering.render import binary_path  # noqa: PLC0415
        from holdfast.settings.sections import Package  # noqa: PLC0415

        settings, notes = self.settings(), list[str]()
        assert not isinstance(settings.distribution, Package)
        binary = obtain(
            settings.distribution,
            self._task.args["machine"],
            self.inventory_directory,
            default_cache(),
            notes.append,
        )
        place = self._make_tmp_path()
        try:
            source = self._connection._shell.join_path(place, "registry")
            self._transfer_file(str(binary.path), source)
            order = {
                "source": source,
                "path": binary_path(settings),
                "checksum": binary.checksum,
                "sha256": binary.sha256,
            }
            self.host("place", order)
        finally:
            self._remove_tmp_path(place, force=True)
        size = binary.size / 1e6
        text = f"registry {binary.version} ({size:.0f} MB, sha256 ok{', '.join(['', *notes])})"
        return {"changed": True, "holdfast": {"events": [event("install", "changed", text)]}}
