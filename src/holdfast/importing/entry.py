"""Input of an import: keys of a configuration, variables, and a container's files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from holdfast.errors import InputError
from holdfast.importing.yaml_text import read_text


@dataclass(frozen=True)
class Entry:
    """One key of a configuration."""

    path: str
    value: Any
    file: str
    line: int
    name: str = ""
    """Environment variable that set the key, if any."""
    reason: str = ""
    """Reason why the line cannot be converted, if already known."""

    @property
    def place(self) -> str:
        """File and line, as compilers and editors write them."""
        return f"{self.file}:{self.line}" if self.file else ""


@dataclass(frozen=True)
class Variable:
    """One environment variable."""

    name: str
    text: str
    file: str
    line: int
    reason: str = ""
    """Reason why the variable has no value, if it has none."""

    def sets(self, path: str, value: Any) -> Entry:
        """Return the key that the variable sets."""
        return Entry(path, value, self.file, self.line, self.name)

    def refused(self, reason: str) -> Entry:
        """Return an entry with the reason why the variable sets no key."""
        return Entry(self.name, None, self.file, self.line, self.name, reason)


@dataclass
class Files:
    """Files that paths of a configuration name: relative, mounted, or in a Secret."""

    folder: Path
    """Folder at which relative paths start."""
    binds: dict[str, str] = field(default_factory=dict)
    """Paths on the host by their path in the container."""
    volumes: dict[str, str] = field(default_factory=dict)
    """Names of volumes by their path in the container."""
    texts: dict[str, str] = field(default_factory=dict)
    """Contents of files by their path in the container, or by their name alone."""

    def path(self, value: Any) -> Path:
        """Return the path on the host of a path in the configuration."""
        inside = PurePosixPath(str(value))
        for parent in (inside, *inside.parents):
            if str(parent) in self.binds:
                rest = inside.relative_to(parent)
                return self.folder / self.binds[str(parent)] / rest
        return self.folder / str(value)

    def unknown(self, value: Any) -> bool:
        """Return True if a path is mounted from a path with unresolved shell variables."""
        path = self.path(value)
        return path != self.folder / str(value) and ("$" in str(path) or "~" in str(path))

    def mounts(self, value: str) -> bool:
        """Return True if a path of the container does not come from its image."""
        known = {*self.binds, *self.volumes, *self.texts}
        inside = PurePosixPath(value)
        return any(str(path) in known for path in (inside, *inside.parents))

    def volume(self, value: Any) -> str | None:
        """Return the volume that contains a path; None if no volume does."""
        inside = PurePosixPath(str(value))
        return next(
            (self.volumes[str(p)] for p in (inside, *inside.parents) if str(p) in self.volumes),
            None,
        )

    def readable(self, value: Any) -> bool:
        """Return True if a path names a file that can be read on this machine."""
        path = self.path(value)
        return self._inside(value) is not None or (path.is_file() and os.access(path, os.R_OK))

    def text(self, value: Any) -> str | None:
        """Return the text of the file that a path names; None if it cannot be read here."""
        inside = self._inside(value)
        if inside is not None:
            return inside
        try:
            return read_text(self.path(value))
        except InputError:
            return None

    def _inside(self, value: Any) -> str | None:
        return self.texts.get(str(value)) or self.texts.get(PurePosixPath(str(value)).name)


@dataclass
class Source:
    """Content of a file: keys, environment variables of the registry, and files."""

    entries: list[Entry]
    files: Files
    variables: list[Variable] = field(default_factory=list)
