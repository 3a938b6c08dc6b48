"""The files of a generation, in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        FileNote,
    )


@dataclass(frozen=True)
class File:
    """One file: text, permission bits, owner and group by name."""

    content: str = field(repr=False)
    mode: int
    owner: str
    group: str
    sensitive: bool
    """True for a file with a secret: it is never shown, and never readable by others."""

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the content as hexadecimal digits."""
        return hashlib.sha256(self.content.encode()).hexdigest()


class Tree(Mapping[str, File]):
    """Immutable mapping of files by relative path, sorted."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self._files = {path: files[path] for path in sorted(files)}

    def __getitem__(self, path: str) -> File:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    @cached_property
    def index(self) -> dict[str, FileNote]:
        """Entry of each file in the manifest: everything but the content."""
        return {
            path: {
                "sha256": file.sha256,
                "mode": f"{file.mode:04o}",
                "owner": file.owner,
                "group": file.group,
                "sensitive": file.sensitive,
            }
            for path, file in self._files.items()
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 over paths, contents, modes and owners: equal trees have equal digests."""
        text = json.dumps(self.index, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
