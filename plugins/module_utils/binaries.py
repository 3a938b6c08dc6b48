"""The registry's binaries: each in a directory of its own, beside a note of what it should be."""

from __future__ import annotations

import json
import os

from ansible_collections.holdfast.registry.plugins.module_utils import files, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

NOTE = "binary.json"
PACKAGED = "/usr/bin/docker-registry"


def place(source: str, path: str, checksum: str, sha256: str) -> str:
    """Put a binary where generations expect it, and return what it says of its version.

    `checksum` is what the settings name; `sha256` is that of the binary itself. Raises StepError
    when it arrived damaged or does not run here.
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
    version = systemd.must([path, "--version"], "the registry's binary does not run here")
    note = json.dumps({"checksum": checksum, "sha256": sha256, "says": version.strip()})
    files.replace(os.path.join(folder, NOTE), note.encode(), 0o644)
    return version.strip()


def damage(path: str) -> list[str]:
    """Return what is wrong with a binary; a package's own is dpkg's concern."""
    if path == PACKAGED:
        return [] if os.access(path, os.X_OK) else [f"{path} is missing"]
    try:
        with open(os.path.join(os.path.dirname(path), NOTE), encoding="utf-8") as stream:
            sha256 = json.load(stream)["sha256"]
        return [] if files.sha256_of(path) == sha256 else [f"{path} was changed"]
    except (OSError, ValueError, KeyError):
        return [f"{path} is missing, or the note beside it"]
