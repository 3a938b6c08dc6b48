"""Put the collection where Ansible finds collections by itself, and manual pages into the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
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
            self._made = Path(tempfile.mkdtemp(prefix="holdfast-"))
            pages = _manual(Path(self.root), self._made)
            build_data["shared_data"].update(
                {str(page): f"share/man/man1/{page.name}" for page in pages}
            )

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the manual pages that the wheel now has."""
        del build_data, artifact_path
        if version != "editable":
            shutil.rmtree(self._made)


def _manual(root: Path, made: Path) -> list[Path]:
    """Write manual pages below a folder with what is below `root`; return them."""
    (made / FOLDER).parent.mkdir(parents=True)
    (made / FOLDER).symlink_to(root)
    (made / "man").mkdir()
    places = [str(made), str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {"PYTHONPATH": os.pathsep.join(places), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-m", "holdfast.cli.manual", str(made / "man")]
    subprocess.run(argv, check=True, env={**os.environ, **own})
    return sorted((made / "man").iterdir())
