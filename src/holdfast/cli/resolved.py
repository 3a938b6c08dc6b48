"""Settings of hosts as Ansible resolves them, for verbs that work without Ansible."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.cli.options import Common
from holdfast.playbook import Outcome

if TYPE_CHECKING:
    from holdfast.settings import Settings


@dataclass(frozen=True)
class Resolved:
    """Settings and connection variables of one host."""

    name: str
    settings: Settings
    connection: dict[str, Any]
    variables: dict[str, Any]
    """Variables of the settings, as Ansible resolves them."""

    @property
    def inventory_directory(self) -> Path:
        """Folder at which relative paths in the settings start."""
        return Path(self.connection.get("inventory_dir") or ".")


def resolve(shared: Common) -> tuple[list[Resolved], Outcome]:
    """Let Ansible resolve the settings of all hosts. Empty if the settings of one are invalid."""
    # The directory is ours alone: secrets go through a file in it, never through arguments.
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        path = Path(folder) / "resolved.json"
        quiet = Common(**{**shared.__dict__, "quiet": True, "as_json": False})
        with shared.waiting("Reads the settings of all hosts"):
            outcome = quiet.run("check", variables={"holdfast_hand_over": str(path)})
        resolved = json.loads(path.read_text()) if path.exists() else {}
    return [_resolved(name, **one) for name, one in resolved.items()], outcome


def _resolved(name: str, settings: dict[str, Any], connection: dict[str, Any]) -> Resolved:
    from holdfast.settings import parse  # noqa: PLC0415 -- slow to import
    from holdfast.settings.load import load_files  # noqa: PLC0415

    folder = Path(connection.get("inventory_dir") or ".")
    return Resolved(name, parse(load_files(settings, folder)[0]), connection, settings)
