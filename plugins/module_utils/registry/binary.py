"""Install and check the registry's binaries: one directory each, with a checksum note."""

from __future__ import annotations

import json
import os

from ansible_collections.holdfast.registry.plugins.module_utils.system import files, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

NOTE = "binary.json"
PACKAGED = "/usr/bin/docker-registry"


def place(source: str, path: str, checksum: str, sha256: str) -> str:
    """Install a binary at the path that generations use, and return its version text.

    `checksum` is the one in the settings; `sha256` is that of the binary itself. Raises StepError
    if the binary arrived damaged or does not run here.
    """
    folder = os.path.dirname(path)
    files.make_directory(os.path.dirname(os.path.dirname(folder)), 0o755)
    files.make_directory(os.path.dirname(folder), 0o755)
    files.make_directory(folder, 0o755)
    with open(source, "rb") as stream:
        files.replace(path, stream.read(), 0o755)
    if files.sha256_of(path) != sha256:
        files.remove(path)
        raise StepError(f"the binary arrived damaged: expected sha256 {sha256}")
    version = systemd.run_checked([path, "--version"], "the registry's binary does not run here")
    note = json.dumps({"checksum": checksum, "sha256": sha256, "says": version.strip()})
    files.replace(os.path.join(folder, NOTE), note.encode(), 0o644)
    return version.strip()


def damage(path: str) -> list[str]:
    """Return the problems of a binary; dpkg manages that of a package."""
    if path == PACKAGED:
        return [] if os.access(path, os.X_OK) else [f"{path} is missing"]
    try:
        with open(os.path.join(os.path.dirname(path), NOTE), encoding="utf-8") as stream:
            sha256 = json.load(stream)["sha256"]
        return [] if files.sha256_of(path) == sha256 else [f"{path} was changed"]
    except (OSError, ValueError, KeyError):
        return [f"{path} is missing, or the note beside it"]
