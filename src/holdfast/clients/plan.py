"""A plan: files of a client machine, what has to be run after them, and words for a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
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
    login: tuple[str, str] | None = None
    """Name and password, to be kept where the client looks for them; a person logs in otherwise."""
    home: str = "/root"
    """Home of the user whose clients log in."""
    mirror_of: str | None = None
    """Registry that this one mirrors: `docker.io` is asked for through it then."""
    path: str = ""
    """Path of the mirror below the host name, `hub` for `registry.example.com/hub/library/debian`;
    empty: the mirror is at the root."""

    @property
    def location(self) -> str:
        """What stands before a repository's name."""
        return f"{self.authority}/{self.path}" if self.path else self.authority

    @property
    def endpoint(self) -> str:
        """Address below which the repositories of the API are, where a client wants it whole."""
        return f"https://{self.authority}" + (f"/v2/{self.path}" if self.path else "")

    def whole(self) -> Access:
        """Return an access with everything that could have been brought: for taking it away."""
        return replace(self, ca=self.ca or "-", pair=("-", "-"), login=("-", "-"))


@dataclass(frozen=True)
class ClientFile:
    """One file, absolute."""

    path: str
    content: str
    """Text; of a `json` file, the keys that are ours, as JSON; of a `block`, its first and last
    lines are its marks."""
    mode: int = 0o644
    how: How = "whole"


@dataclass(frozen=True)
class Plan:
    """What a client needs."""

    kind: str
    authority: str
    files: tuple[ClientFile, ...]
    folders: tuple[str, ...] = ()
    """Folders that hold nothing but ours."""
    after: tuple[tuple[str, ...], ...] = ()
    """Commands that make the client see a change, each an argument list."""
    notes: tuple[str, ...] = ()
    """What is left to be done by a person."""

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return asdict(self)
