"""Put the collection into the wheel, where Ansible finds collections by itself."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "ansible_collections/holdfast/registry"


class CustomBuildHook(BuildHookInterface[Any]):
    """A wheel carries the collection; an editable installation has it in `.collections`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Include the parts that pyproject.toml lists, unless the installation is editable."""
        if version != "editable":
            parts = {part: f"{FOLDER}/{part}" for part in self.config["collection"]}
            build_data["force_include"].update(parts)
