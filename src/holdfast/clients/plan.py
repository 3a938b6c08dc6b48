"""A plan: files of a client machine, what has to be run after them, and words for a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

How = Literal["whole", "json", "block"]
"""The file is ours; or ours are some keys of a JSON (or YAML) mapping; or some lines of it."""


@dataclass(frozen=True)
class Access:
    """How a registry is reached."""

    authority: str
    """Host name, with the port when it is not 443."""
    ca: str | None = None
    """Root to trust, as PEM; None: the system's authorities vouch for the registry already."""
    pair: tuple[str, str] | None = None
    """Certificate of the client and its key, as PEM."""
    mirror_of: str | None = None
    """Registry that this one mirrors: `docker.io` is asked for through it then."""


@dataclass(frozen=True)
class ClientFile:
    """One file, absolute."""

    path: str
    content: str
    """Text; of a `json` file, the keys that are ours, as JSON."""
    mode: int = 0o644
    how: How = "whole"


@dataclass(frozen=True)
class Plan:
    """What a client needs."""

    kind: str
    files: tuple[ClientFile, ...]
    after: tuple[tuple[str, ...], ...] = ()
    """Commands that make the client see a change, each an argument list."""
    notes: tuple[str, ...] = ()
    """What is left to be done by a person."""
    login: str = ""
    """The command with which a person logs in; it asks for the password."""

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return asdict(self)
